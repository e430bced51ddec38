"""Small models for the tests, with fixed seeds."""

import keras

layers = keras.layers


def linear(features=3, outputs=1, *, loss="mse", optimizer="sgd", metrics=None):
    """One dense layer on ``features`` inputs."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((features,)), keras.layers.Dense(outputs)])
    model.compile(optimizer, loss, metrics=metrics)
    return model


def classifier(features=3, classes=2):
    """Softmax over ``classes``, sparse labels."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((features,)), keras.layers.Dense(classes, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def recording(model):
    """Let ``model`` write down what reaches its ``train_step``: a list of tuples of arrays."""
    seen = []

    class Recording(type(model)):
        def train_step(self, data):
            seen.append(tuple(part.numpy() for part in data))
            return super().train_step(data)

    model.__class__ = Recording
    model.compile(model.optimizer, model.loss, run_eagerly=True)
    return seen


def net(shape, *parts, loss="mse", **options):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input(shape, **options), *parts])
    model.compile("sgd", loss)
    return model


def dense(units, loss="mse", activation=None):
    return net((3,), layers.Dense(units, activation=activation), loss=loss)


def pooled(units=3, loss="sparse_categorical_crossentropy", shape=(6, 6, 3), *first):
    last = [layers.GlobalAveragePooling2D(), layers.Dense(units, activation="softmax")]
    return net(shape, *first, layers.Conv2D(2, 3), *last, loss=loss)


def two_inputs(**options):
    left, right = keras.Input((3,), name="left"), keras.Input((2,), name="right")
    given = [left, right] if not options.get("named") else {"left": left, "right": right}
    model = keras.Model(given, layers.Dense(1)(layers.Concatenate()([left, right])))
    model.compile("sgd", "mse")
    return model


def per_step(loss="mse", activation=None, units=1):
    return net((5, 2), layers.LSTM(3, return_sequences=True), layers.Dense(units, activation=activation), loss=loss)


def softmax(units=4, loss="sparse_categorical_crossentropy"):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(units, activation="softmax")])
    model.compile("sgd", loss)
    return model
