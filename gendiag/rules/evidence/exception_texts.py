"""What to do about an exception by a part of its text: for one of a library, and one known as text only."""

from __future__ import annotations

BY_TEXT = {
    "inhomogeneous": (
        "The samples of the batch differ in size: bring them to one before `np.array` or `np.stack` (pad, "
        "crop or resize)."
    ),
    "arrays must have the same shape": (
        "The samples of the batch differ in size: bring them to one before they are stacked (pad, crop or resize)."
    ),
    "all the input array dimensions": (
        "The parts differ in size: bring them to one before they are concatenated (pad, crop or resize)."
    ),
    "could not broadcast input array": (
        "A sample has another size than its place in the array that is filled: resize, crop or pad it, or leave it out."
    ),
    "increasing order": (
        "HDF5 takes row numbers in increasing order only: sort those of a batch, `rows = np.sort(rows)`."
    ),
    "could not convert string to float": (
        "The text is no number: leave such a row out, or replace what stands for a missing value before converting."
    ),
    "invalid literal for int": (
        "The text is no whole number: leave such a row out, or replace what stands for a missing value before"
        " converting."
    ),
    "codec can't decode": (
        "The bytes are no text in that encoding: pass the file's own one, `open(path, encoding='latin-1')` "
        "for instance, or open it as bytes with 'rb'."
    ),
    "truncated": ("The file is cut off: leave it out, or fetch it again."),
    "cannot identify image": ("The file is no image that the library can read: leave it out, or fetch it again."),
    "Cannot cast ufunc": ("An in-place operation would need another dtype: convert first, `.astype('float32')`."),
    "cannot be pickled": (
        "Something the source holds cannot be sent to a worker process: drop it in `__getstate__`, or use threads."
    ),
    "cannot pickle": (
        "Something the source holds cannot be sent to a worker process: drop it in `__getstate__`, or use threads."
    ),
    "already executing": (
        "Several threads call `next()` on one generator: index the data by the index asked for, or use one worker."
    ),
    "index out of range": (
        "The index runs past the data: derive the number of batches from the same list that is indexed."
    ),
    "out of bounds": (
        "The index runs past the data: derive the number of batches from the same array that is indexed."
    ),
    "KeyError:": ("There is no such key: compare it, type and letters, with the keys that are there."),
    "No such file": ("There is no such file: compare the path with what is on disk, letter by letter."),
    "division by zero": ("The divisor is 0 there: say what is meant in that case, or leave such a sample out."),
    "modulo by zero": ("The divisor is 0 there: say what is meant in that case, or leave such a sample out."),
    "Unable to allocate": (
        "There is no memory for that array: a smaller batch, a smaller dtype (float32, uint8), or read from "
        "disk per batch (`np.load(path, mmap_mode='r')`)."
    ),
    "recursion depth": ("A function calls itself without an end: give it a case in which it returns."),
    "raised StopIteration": (
        "An iterator inside ran out, and `next()` says so by StopIteration, which Python turns into this "
        "error inside a generator: use a `for` loop, or make the iterator anew when it is at its end."
    ),
}
