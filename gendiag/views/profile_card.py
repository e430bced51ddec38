"""A profile by itself: how far the source was read and why no further, the leaves, and what its frame holds."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gendiag.records import counted
from gendiag.rehearsal.profile import READ, Profile
from gendiag.views import dtype_table, markup, wording

if TYPE_CHECKING:
    from gendiag.records import Leaf
    from gendiag.views.wording import Tone

HEAD = ("leaf", "dtype", "batches", "first batch", "shapes", "low", "high", "NaN", "Inf", "size")
NUMERIC = ("batches", "first batch", "low", "high", "NaN", "Inf", "size")
ENDS: dict[str, tuple[str, Tone]] = {
    "end": ("read to its end", "ok"),
    "budget": ("not read to its end", "warning"),
    "stopped": ("stopped", "note"),
    "raised": ("the source raised", "error"),
    "fit": ("read by fit", "note"),
}
FRAME = "The frame: one row per leaf and batch"
TIMES, WIDTH = 10, 96
CODE = """profile.frame                      # all of it: a pandas frame
profile.frame.query("n_nan > 0")   # where NaN is
profile.summary()                  # one row per leaf
profile.raw({raw})                     # the batch itself, as it was yielded"""


def to_html(profile: Profile) -> markup.Html:
    """Draw it, without the frame of the page."""
    head = markup.tag(
        "header",
        markup.tag("div", markup.chip(*_end(profile)), " ", markup.tag("span", _amount(profile), css_class="gd-where")),
        *([markup.tag("p", markup.prose(why), css_class="gd-sentence")] if (why := _why(profile)) else []),
        markup.tag("p", _facts(profile), css_class="gd-quiet"),
        css_class="gd-headline",
    )
    parts = [head, _picture(profile)]
    if profile.batches:
        rows = [_marked(row) for row in _rows(profile)]
        parts.append(markup.section("Leaves", markup.table(HEAD, rows, "Leaves", numeric=NUMERIC), "gd-dtypes"))
    return markup.join([*parts, markup.details(FRAME, _help(profile), key=FRAME)])


def to_text(profile: Profile) -> str:
    """Write the same for a terminal."""
    word, tone = _end(profile)
    told = [_why(profile).replace("`", ""), _facts(profile)]
    lines = [f"{wording.marked(word, tone)}  {_amount(profile)}", *(_filled(text) for text in told if text)]
    parts = ["\n".join(lines)]
    if profile.batches:
        rows = [[str(cell) for cell in row] for row in _rows(profile)]
        parts.append(wording.text_table("Leaves", HEAD, rows, numeric=NUMERIC))
    parts.append(f"The frame: one row per leaf and batch\n{textwrap.indent(_code(profile), '  ')}")
    return wording.printable("\n\n".join(parts))


def _picture(profile: Profile) -> markup.Html:
    """Draw rows, and what differs between batches; nothing where nothing was read."""
    from gendiag.views.picture import timeline  # late: matplotlib comes with the first picture

    if not profile.batches:
        return markup.Html("")
    scrolls = {"tabindex": "0", "role": "region", "aria_label": "The source in pictures"}
    return markup.tag("section", timeline.of_profile(profile), css_class="gd-timeline gd-pictures", **scrolls)


def _end(profile: Profile) -> tuple[str, Tone]:
    is_whole = profile.ended == "budget" and profile.length == len(profile.batches)
    if profile.ended == "end" and not profile.batches:
        return "empty", "error"
    return ENDS["end" if is_whole else profile.ended]


def _amount(profile: Profile) -> str:
    """``1,000 of 20,000 batches read``."""
    count, length = len(profile.batches), profile.length
    if length is None or length == count:
        return f"{counted(count, 'batch', 'batches')} read"
    return f"{count:,} of {counted(length, 'batch', 'batches')} read"


def _facts(profile: Profile) -> str:
    """What was read, how fast, and how much."""
    total = sum(leaf.nbytes for batch in profile.batches for leaf in batch.leaves)
    facts = [profile.source] if profile.source else []
    facts.append(wording.duration(profile.seconds))
    if profile.source and profile.batches and profile.seconds:  # else fit had its part in the time
        facts.append(f"{wording.figure(float(f'{len(profile.batches) / profile.seconds:.3g}'))} batches/s")
    if profile.batches:
        facts.append(wording.size(total))
        slowest = max(profile.batches, key=lambda batch: batch.wait_s)
        facts.append(f"longest wait {wording.duration(slowest.wait_s)}, for batch {slowest.index}")
    return " · ".join(facts)


def _why(profile: Profile) -> str:
    """Why it was read no further, and what to type to read more."""
    if profile.ended == "raised" and profile.failure is not None:
        at = f" while it made batch {profile.failed_index}" if profile.failed_index is not None else ""
        return f"The source raised {profile.failure}{at}{profile.failure.place}."
    if profile.ended == "end" and not profile.batches:
        return "The source came to its end without a batch."
    if _end(profile) == ENDS["end"] or profile.ended == "fit":
        return ""
    if not profile.limit:
        return f"It was read {READ[profile.ended]}."
    name, _, value = profile.limit.partition("=")
    more = f"{TIMES * float(value):g}" if name == "budget_s" else str(profile.length or TIMES * int(value))
    known = profile.length is not None and profile.length > len(profile.batches)
    rest = (
        f"{counted((profile.length or 0) - len(profile.batches), 'batch', 'batches')} were not read"
        if known
        else "the source was read no further"
    )
    return f"`{profile.limit}` was reached; {rest}. Type `gendiag.profile(source, {name}={more})` to read more."


@dataclass(slots=True)
class _Group:
    """The batches in which a leaf has one dtype."""

    first: int
    count: int = 0
    n_nan: int = 0
    n_inf: int = 0
    nbytes: int = 0
    shapes: dict[str, None] = field(default_factory=dict)
    ends: list[float] = field(default_factory=list)

    def add(self, leaf: Leaf) -> None:
        self.count += 1
        self.n_nan += leaf.n_nan
        self.n_inf += leaf.n_inf
        self.nbytes += leaf.nbytes
        self.shapes[wording.free_shape(leaf)] = None
        if leaf.low is not None and leaf.high is not None:
            known = [*self.ends, leaf.low, leaf.high]
            self.ends = [min(known), max(known)]


def _rows(profile: Profile) -> Iterable[list[object]]:
    """One row per leaf and dtype, a leaf's rows together."""
    groups: dict[str, dict[str, _Group]] = {}
    for batch in profile.batches:
        for leaf in batch.leaves:
            kind = leaf.dtype if leaf.kind == "array" else f"{leaf.kind} {leaf.dtype}".strip()
            groups.setdefault(leaf.path, {}).setdefault(kind, _Group(batch.index)).add(leaf)
    for path, found in groups.items():
        total = sum(group.count for group in found.values())
        for kind, group in found.items():
            low, high = group.ends or (None, None)
            yield [
                path, kind, f"{group.count:,} of {total:,}", group.first, dtype_table.shapes(list(group.shapes)),
                wording.figure(low), wording.figure(high), group.n_nan, group.n_inf, wording.size(group.nbytes),
            ]  # fmt: skip


def _marked(row: list[object]) -> list[object]:
    """With a mark where a leaf has more than one dtype, and where values are not finite."""
    cells = dict(zip(HEAD, row, strict=True))
    count, _, total = str(cells["batches"]).partition(" of ")
    for name, stands_out in {"dtype": count != total, "NaN": cells["NaN"], "Inf": cells["Inf"]}.items():
        if stands_out:
            cells[name] = markup.tag("span", f"▲ {cells[name]}", css_class="gd-differs")
    return [markup.tag("code", str(cells.pop("leaf"))), *cells.values()]


def _help(profile: Profile) -> markup.Html:
    text = inspect.getdoc(type(profile).frame) or ""
    told = [markup.tag("p", markup.prose(" ".join(part.split()))) for part in text.split("\n\n")]
    return markup.join([markup.tag("pre", markup.tag("code", _code(profile))), *told])


def _code(profile: Profile) -> str:
    return CODE.format(raw=next(iter(profile.store), 0))


def _filled(text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent="  ", subsequent_indent="  ")
