"""Exceptions inside of a tf.data pipeline."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import arrays, dense
from tests.truth.surface.folders import SIZE, folder, images, pictures, viewer
from tests.truth.surface.row import Call, fault

NO_NOISE = r"^(?!.*(?:function_node|\[Op:|IteratorGetNext)).*$"


@fault(first="dataset-raises", verdict="raises", batch=3, says=("image", r"24\.png|files 24 to 31", NO_NOISE))
def a_file_that_is_no_image() -> Call:
    return Call(pictures(images(broken=26), shuffle=False), viewer())


@fault(
    first="dataset-raises", verdict="raises", says=("image", "decode_image", NO_NOISE), variants=("shuffled", "own map")
)
def a_file_that_is_no_image_somewhere(how: str) -> Call:
    import tensorflow as tf

    root = images(broken=26)
    if how == "shuffled":
        return Call(pictures(root), viewer())
    files = sorted(str(path) for path in root.glob("*/*.png"))

    def load(file: Any, label: Any) -> Any:
        return tf.image.resize(tf.io.decode_png(tf.io.read_file(file), 3), (SIZE, SIZE)), label

    named = tf.data.Dataset.from_tensor_slices((files, np.arange(len(files)) // 20))
    return Call(named.map(load, num_parallel_calls=2).batch(8).prefetch(2), viewer())


@a_file_that_is_no_image_somewhere.sound
def broken_files_ignored() -> Call:
    import tensorflow as tf

    root = images(broken=26)
    files = sorted(str(path) for path in root.glob("*/*.png"))
    order = np.random.default_rng(0).permutation(len(files))

    def load(file: Any, label: Any) -> Any:
        return tf.image.resize(tf.io.decode_png(tf.io.read_file(file), 3), (SIZE, SIZE)), label

    named = tf.data.Dataset.from_tensor_slices((np.array(files)[order], order // 20))
    return Call(named.map(load).ignore_errors().batch(8), viewer())


@fault(first="dataset-raises", verdict="raises", batch=2, says=("does not exist|No such file", r"\.png", NO_NOISE))
def a_file_that_is_gone() -> Call:
    import tensorflow as tf

    files = sorted(images().glob("*/*.png"))
    files[17].unlink()

    def load(file: Any) -> Any:
        return tf.image.resize(tf.io.decode_png(tf.io.read_file(file), 3), (SIZE, SIZE)), 0

    return Call(tf.data.Dataset.from_tensor_slices([str(file) for file in files]).map(load).batch(8), viewer())


def lengths(number: Any) -> Any:
    import tensorflow as tf

    return tf.ones((tf.where(number == 21, 5, 4),)), tf.ones((1,))


@fault(
    first="dataset-raises", verdict="raises", batch=2, says=("different shapes", "padded_batch", "16 to 23", NO_NOISE)
)
def one_sample_of_another_shape() -> Call:
    import tensorflow as tf

    return Call(tf.data.Dataset.range(48).map(lengths).batch(8), dense())


@one_sample_of_another_shape.sound
def padded_samples() -> Call:
    import tensorflow as tf

    sizes = tf.data.Dataset.range(48).map(
        lambda number: (tf.ones((1 + number % 4,)), tf.ones((1,)) * 0.1 * tf.cast(number, "float32"))
    )
    return Call(sizes.shuffle(48).padded_batch(8, padded_shapes=((4,), (1,))), dense())


@fault(first="dataset-raises", verdict="raises", batch=5, says=("drop_remainder=True", NO_NOISE))
def windows_that_grow_shorter() -> Call:
    import tensorflow as tf

    windows = (
        tf.data.Dataset.from_tensor_slices(arrays()[0][:, 0]).window(5, shift=1).flat_map(lambda part: part.batch(5))
    )
    return Call(windows.map(lambda part: (part[:4], part[4:])).batch(8), dense())


@windows_that_grow_shorter.sound
def windows_of_one_length() -> Call:
    import tensorflow as tf

    series = tf.data.Dataset.from_tensor_slices(arrays()[0][:, 0]).window(5, shift=1, drop_remainder=True)
    return Call(series.flat_map(lambda part: part.batch(5)).map(lambda part: (part[:4], part[4:])).batch(8), dense())


@fault(
    first="dataset-raises",
    verdict="raises",
    batch=2,
    says=("KeyError", "from_generator", "element 21", NO_NOISE),
    variants=(0, 2),
)
def the_generator_behind_raises(prefetched: int) -> Call:
    import tensorflow as tf

    known = {number: float(number) for number in range(48) if number != 21}

    def make_samples() -> Any:
        for number in range(48):
            yield np.ones(4, "float32"), np.float32(known[number] / 48)

    signature = (tf.TensorSpec((4,)), tf.TensorSpec(()))
    samples = tf.data.Dataset.from_generator(make_samples, output_signature=signature).batch(8)
    return Call(samples.prefetch(prefetched) if prefetched else samples, dense())


@fault(first="dataset-raises", verdict="raises", batch=3, says=(r"\(8, 5\)", "signature", NO_NOISE))
def the_generator_yields_another_shape() -> Call:
    import tensorflow as tf

    def make_batches() -> Any:
        for number in range(6):
            yield np.ones((8, 5 if number == 3 else 4), "float32"), np.ones((8, 1), "float32")

    signature = (tf.TensorSpec((None, 4)), tf.TensorSpec((None, 1)))
    return Call(tf.data.Dataset.from_generator(make_batches, output_signature=signature), dense())


@fault(first="dataset-raises", verdict="raises", batch=2, says=("ValueError: .*corrupt", "numpy_function", NO_NOISE))
def a_python_function_raises() -> Call:
    import tensorflow as tf

    def load(number: Any) -> Any:
        if number == 21:
            msg = "sample is corrupt"
            raise ValueError(msg)
        return np.ones(4, "float32")

    def sample(number: Any) -> Any:
        x = tf.numpy_function(load, [number], tf.float32)
        x.set_shape((4,))
        return x, tf.ones((1,))

    return Call(tf.data.Dataset.range(48).map(sample).batch(8), dense())


@fault(first="dataset-raises", verdict="raises", batch=2, says=("too large", "assert", NO_NOISE))
def an_assert_of_the_pipeline() -> Call:
    import tensorflow as tf

    x, y = arrays()
    x[20, 0] = 9

    def checked(row: Any, label: Any) -> Any:
        tf.debugging.assert_less(row[0], 5.0, message="too large")
        return row, label

    return Call(tf.data.Dataset.from_tensor_slices((x, y)).map(checked).batch(8), dense())


def records(*, missing: int | None, integers: bool = False) -> Any:
    """A dataset over a TFRecord file; record ``missing`` has no label."""
    import tensorflow as tf

    path, (x, _) = str(folder() / "a.tfrecord"), arrays()
    with tf.io.TFRecordWriter(path) as writer:
        for number, row in enumerate(x):
            feature = {"x": tf.train.Feature(float_list=tf.train.FloatList(value=row))}
            label = (
                {"int64_list": tf.train.Int64List(value=[1])}
                if integers
                else {"float_list": tf.train.FloatList(value=[1.0])}
            )
            if number != missing:
                feature["y"] = tf.train.Feature(**label)
            writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())

    def parse(record: Any) -> Any:
        form = {"x": tf.io.FixedLenFeature((4,), tf.float32), "y": tf.io.FixedLenFeature((1,), tf.float32)}
        found = tf.io.parse_single_example(record, form)
        return found["x"], found["y"]

    return tf.data.TFRecordDataset(path).map(parse).batch(8)


@fault(first="dataset-raises", verdict="raises", batch=2, says=("'y'", "default_value", NO_NOISE))
def a_record_without_a_feature() -> Call:
    return Call(records(missing=20), dense())


@a_record_without_a_feature.sound
def whole_records() -> Call:
    return Call(records(missing=None), dense())


@fault(first="dataset-raises", verdict="raises", batch=0, says=("'y'", "int64", NO_NOISE))
def a_feature_of_another_dtype() -> Call:
    return Call(records(missing=None, integers=True), dense())


@fault(first="dataset-raises", verdict="raises", batch=2, says=("CSV", "oops", NO_NOISE))
def a_word_among_the_numbers_of_a_csv() -> Call:
    import tensorflow as tf

    path = folder() / "a.csv"
    lines = (f"{number / 48},{'oops' if number == 17 else number / 24},{number % 2}" for number in range(32))
    path.write_text("a,b,y\n" + "\n".join(lines))
    told = {"column_defaults": [tf.float32] * 3, "label_name": "y", "num_epochs": 1, "shuffle": False}
    read = tf.data.experimental.make_csv_dataset(str(path), 8, **told)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return Call(read.map(lambda row, y: (tf.stack([row["a"], row["b"]], 1), y)), model)


@fault(first="dataset-raises", verdict="raises", batch=0, says=("lockfile", r"cache\(", NO_NOISE))
def a_cache_file_left_half_written() -> Call:
    path = folder() / "kept"
    path.with_name("kept_0.lockfile").write_text("Created at: 1")
    from tests.truth.surface.build import dataset

    return Call(dataset(*arrays()).cache(str(path)), dense(), epochs=2)
