"""Small models for the tests, with fixed seeds."""

import keras


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
