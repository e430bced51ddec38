"""The text of ``reproduce.py``: one fit on batches from a file, in under 40 lines."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

DATA, MODEL, SCRIPT = "batches.npz", "model.json", "reproduce.py"
OWN = (  # set by the script itself, or not to be set off by it
    "epochs", "initial_epoch", "steps_per_epoch", "verbose", "callbacks", "shuffle", "validation_data",
    "validation_steps", "validation_freq",
)  # fmt: skip
SERVED = {
    "generator": """\
def served(batches):
    yield from batches""",
    "PyDataset": """\
class served(keras.utils.PyDataset):
    def __init__(self, batches):
        super().__init__()
        self.batches = batches

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, index):
        return self.batches[index]""",
    "tf.data.Dataset": """\
def served(batches):
    return tf.data.Dataset.from_generator(lambda: iter(batches), output_signature={signature})""",
}
TEMPLATE = '''\
"""{title}

Needs {versions}; reads no pickle.
"""

import pathlib

{imports}

here = pathlib.Path(__file__).parent
data = np.load(here / "{data}", allow_pickle=False)
keras.utils.set_random_seed(0)
model = keras.models.model_from_json((here / "{model}").read_text())


{served}


batches = {batches}
{validation}model.fit({call})
'''
ARRAYS = "arrays"


class Texts(NamedTuple):
    """What the script is made of, as code."""

    title: str
    versions: str
    kind: str
    batches: str
    validation: str = ""
    signature: str = ""
    fit_args: Mapping[str, str] = {}
    imports: Collection[str] = ()


def written(texts: Texts) -> str:
    """Write the script."""
    served = SERVED.get(texts.kind, SERVED["generator"])
    imports = {"import keras", "import numpy as np", *texts.imports}
    imports |= {"import tensorflow as tf"} if "tf." in texts.signature else set()
    arguments = {"epochs": "1", "shuffle": "False"} | dict(texts.fit_args)
    if texts.validation:
        arguments["validation_data"] = "served(validation)"
    given = "*batches" if texts.kind == ARRAYS else "served(batches)"
    return TEMPLATE.format(
        title=texts.title,
        versions=texts.versions,
        imports="\n".join(sorted(imports)),
        data=DATA,
        model=MODEL,
        served=served.replace("{signature}", texts.signature),
        batches=texts.batches,
        validation=f"validation = {texts.validation}\n" if texts.validation else "",
        call=", ".join([given, *(f"{name}={value}" for name, value in arguments.items())]),
    )


def literal(value: Any) -> str | None:
    """Return the code of an argument that is plain numbers and texts; None for anything else."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return repr(value)
    if isinstance(value, Mapping):
        pairs = [(literal(key), literal(item)) for key, item in value.items()]
        return None if any(None in pair for pair in pairs) else "{" + ", ".join(f"{k}: {v}" for k, v in pairs) + "}"
    return None
