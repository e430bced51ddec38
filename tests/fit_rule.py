"""``python -m tests.fit_rule nan-inf``: what the real fit does with a rule's broken and mended source, step by step."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np

from gendiag.rules.registry import BY_NAME
from gendiag.rules.rule import Rule, dense
from gendiag.runtime.tracebacks import cut


def main() -> None:
    """Fit both, and print each step: its own loss, and how far it moved the weights."""
    parser = argparse.ArgumentParser(prog="python -m tests.fit_rule", description=__doc__)
    parser.add_argument("rule", choices=BY_NAME, metavar="rule")
    parser.add_argument("--optimizer", help="in the place of the model's own, such as adam")
    given = parser.parse_args()
    rule = BY_NAME[given.rule]
    fixed_args = rule.fit_args if rule.mended_fit_args is None else rule.mended_fit_args
    for kind, model, fit_args in (("broken", rule.model(), rule.fit_args), ("mended", rule.mended_model(), fixed_args)):
        sys.stdout.write(f"{kind}: fit({', '.join(fit_args)})\n")
        _fit(rule, kind, model or dense(), given.optimizer, dict(fit_args))


def _fit(rule: Rule, kind: str, model: Any, optimizer: str | None, fit_args: dict[str, Any]) -> None:
    if optimizer:
        model.compile(optimizer, model.loss)
    try:
        model.fit(getattr(rule, kind)(), verbose=0, callbacks=[Steps()], **fit_args)
    except Exception as error:  # noqa: BLE001  (whatever fit raises is the answer)
        sys.stdout.write(f"  raises {cut(error)}\n")


class Steps(keras.callbacks.Callback):
    """Prints each training step."""

    epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002  (Keras's signature)
        self.epoch = epoch

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002  (Keras's signature)
        self.model.reset_metrics()  # else the loss is a running mean
        self.before = [np.array(weight) for weight in self.model.trainable_variables]

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        after = [np.array(weight) for weight in self.model.trainable_variables]
        moved = np.sqrt(sum(float(((new - old) ** 2).sum()) for new, old in zip(after, self.before, strict=False)))
        loss = (logs or {}).get("loss", np.nan)
        sys.stdout.write(f"  epoch {self.epoch} step {batch}: loss {loss:.4g}, weights moved by {moved:.4g}\n")


if __name__ == "__main__":
    main()
