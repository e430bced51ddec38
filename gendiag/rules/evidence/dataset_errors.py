"""What TensorFlow says when a ``tf.data`` pipeline raises, and what is to be done about it."""

from __future__ import annotations

import re
from typing import NamedTuple


class Told(NamedTuple):
    """Where an error of this kind comes from, and what to do; ``{0}`` is what the pattern's group caught."""

    where: str
    fix: str


# Measured on tensorflow 2.21; the specific before the general.
_KINDS: tuple[tuple[str, Told], ...] = (
    (
        r"Cannot add tensor to the batch|Cannot batch tensors with different shapes|elements? .*different shapes?",
        Told(
            "`batch` stacks samples of different shapes",
            "Bring the samples to one shape before `batch` (`tf.image.resize`, a crop), or pad sequences: "
            "`padded_batch(...)` in the place of `batch(...)`; `ragged_batch(...)` if the model takes ragged tensors.",
        ),
    ),
    (
        r"`generator` yielded an element of shape",
        Told(
            "the generator behind `from_generator` yields another shape than its signature says",
            "Yield that shape, or free the axis in the signature: None where the size varies.",
        ),
    ),
    (
        r"`generator` yielded an element that (?:did not match|could not be converted)",
        Told(
            "the generator behind `from_generator` yields something else than its signature says",
            "Yield the nesting and the dtypes of `output_signature` in every element.",
        ),
    ),
    (
        r"Unknown image file format|Input is empty|Expected image|Invalid (?:PNG|JPEG|GIF)|decode (?:JPEG|PNG|image)",
        Told(
            "a file cannot be decoded as an image",
            "Find the file and take it out: `for f in files: tf.io.decode_image(tf.io.read_file(f))` stops at it; or "
            "skip such samples, `.ignore_errors()` directly behind the map that decodes.",
        ),
    ),
    (
        r"No such file or directory|NotFoundError|could not (?:open|find)",
        Told(
            "a file that the dataset names does not exist",
            "Make the list of files from what is there (`tf.io.gfile.glob`), or take this one out of it.",
        ),
    ),
    (
        r"truncated record|corrupted record|(?:in|de)flate|DataLoss|invalid (?:gzip|zlib)",
        Told(
            "a TFRecord file is damaged, or its `compression_type` is another one",
            "Write that file anew, or give `TFRecordDataset(files, compression_type=...)`.",
        ),
    ),
    (
        r"Feature: (\S+) .*is required but could not be found",
        Told(
            "a record has no feature {0!r}",
            "Give it a default, `tf.io.FixedLenFeature(..., default_value=0)`, or write it into every record.",
        ),
    ),
    (
        r"Key: (\w+)\.\s+Data types don't match",
        Told(
            "the records hold {0!r} in another dtype than the parser expects",
            "Parse it as it was written, `tf.io.FixedLenFeature(shape, tf.int64)` for int64_list, and cast afterwards.",
        ),
    ),
    (
        r"Key: (\w+)\.\s+(?:Can't parse|Number of)",
        Told(
            "a record holds another number of values in {0!r} than the parser expects",
            "Give `FixedLenFeature` that shape, or parse lists of varying length with `tf.io.VarLenFeature`.",
        ),
    ),
    (
        r"[Cc]ould not parse example|Can't parse serialized|invalid (?:wire|proto)",
        Told(
            "a record is no serialized tf.train.Example of this form",
            "Check that the files are those that were written with these features.",
        ),
    ),
    (
        r"Field (\d+) in record is not a valid|Expect \d+ fields but have|Field \d+ is required|Quoted field",
        Told(
            "a line of the CSV file is not as `column_defaults` say",
            "Correct that line, read the column as text, or skip such lines with `.ignore_errors()`.",
        ),
    ),
    (
        r"Tensor had (?:NaN|Inf|-Inf|\w+ and NaN)",
        Told(
            "its own `check_numerics` found a number that is not finite",
            "Take that sample out, or replace the number where it is read.",
        ),
    ),
    (
        r"assertion failed",
        Told(
            "an assert of the pipeline itself does not hold",
            "Look at that sample, and fix it or filter it out before the assert.",
        ),
    ),
    (
        r"cache lockfile|concurrent caching iterator|did not fully read the dataset being cached",
        Told(
            "the file of `cache(...)` is being written by another iterator, or was left half written",
            "Delete the lockfile and the cache files, read the dataset once to its end, or cache in memory: `cache()`.",
        ),
    ),
    (
        r"Invalid argument: string to number|StringToNumber",
        Told("text is no number", "Clean that field before `tf.strings.to_number`."),
    ),
    (
        r"Shape of tensor .* is not compatible|incompatible with expected shape|expected shape",
        Told(
            "a sample has another shape than the pipeline promised (`ensure_shape`, `set_shape`)",
            "State the shape that the samples have, None where it varies.",
        ),
    ),
)


def told(text: str) -> Told | None:
    """Return what is known about the error, or None."""
    for pattern, kind in _KINDS:
        met = re.search(pattern, text)
        if met is not None:
            groups = [group for group in met.groups() if group is not None]
            return Told(kind.where.format(*groups) if groups or "{" not in kind.where else kind.where, kind.fix)
    return None
