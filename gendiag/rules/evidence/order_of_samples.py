"""Why samples come class after class, and where the source is to shuffle them."""

from __future__ import annotations

from gendiag.sources.dataset_chain import BATCHING, chain
from gendiag.sources.source import Source


def why_sorted(source: Source) -> str:
    """Say what lets the order of the data through, as far as the source shows it."""
    buffer = buffer_of(source)
    if source.is_graph and "group_by_window" in _steps(source):
        return "likely because `group_by_window` puts samples of one key into a batch"
    if _shuffles_batches(source):
        return "because `shuffle` stands behind `batch`, so that whole batches change places and no samples"
    if buffer:
        return f"likely because the buffer of `shuffle({buffer})` mixes only {buffer} neighbours at a time"
    return "likely because nothing shuffles them"


def how_to_shuffle(source: Source, samples: int) -> str:
    """Say what to type, for this kind of source."""
    if source.is_indexed and hasattr(source.value, "class_mode"):
        return "Let the iterator shuffle: `shuffle=True` in flow, flow_from_directory or flow_from_dataframe."
    if source.is_graph and "group_by_window" in _steps(source):
        return "Group by something else than the label, or mix the batches again: `.unbatch().shuffle(n).batch(32)`."
    if source.is_graph and hasattr(source.value, "class_names"):
        return "Let image_dataset_from_directory shuffle: leave `shuffle=False` out (and keep the seed for a split)."
    if buffer_of(source):
        return f"Let the buffer hold all samples, `shuffle({samples})` or more, or shuffle the list before it is read."
    if source.is_graph:
        return "Shuffle before batching: `dataset.shuffle(number_of_samples).batch(batch_size)`."
    return (
        "Shuffle the samples before cutting them into batches, anew in each epoch: "
        "`order = rng.permutation(len(x))`, then `x[order[i:i + n]], y[order[i:i + n]]`."
    )


def buffer_of(source: Source) -> int | None:
    """Return the size of the largest buffer that shuffles samples before they are batched, or None."""
    steps = chain(source.value) if source.is_graph else ()
    batched = next((place for place, step in enumerate(steps) if step.name in BATCHING), -1)
    sizes = [step.told("buffer_size") for step in steps[batched + 1 :] if step.name == "shuffle"]
    return max((int(size) for size in sizes if size), default=None)


def class_names(source: Source) -> str | None:
    """Say which class a directory was found to hold, where the source knows of one only; None else."""
    known = getattr(source.value, "class_names", None) or list(getattr(source.value, "class_indices", {}))
    return f" (class_names is {known!r})" if isinstance(known, list) and len(known) == 1 else None


def _steps(source: Source) -> list[str]:
    return [step.name for step in chain(source.value)]


def _shuffles_batches(source: Source) -> bool:
    steps = [name for name in (_steps(source) if source.is_graph else []) if name == "shuffle" or name in BATCHING]
    return steps[:1] == ["shuffle"] and len(steps) > 1 and buffer_of(source) is None
