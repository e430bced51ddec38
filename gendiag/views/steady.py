"""What differs from run to run though nothing has changed, left out: for pages that are kept under version control.

Durations go from the records before these are drawn; addresses and automatic numbers from the text. Times in the
message of a finding stay: they are what was found.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.records import Trial

ADDRESS = re.compile(r"\b0x[0-9a-f]{6,16}\b")
TRACED = re.compile(r"\b(__(?:inference|forward|backward)_\w*?[a-z])(?:_\d+)+\b")
# Names that Keras numbers: of what is the user's own, a number is part of the name.
NUMBERED = re.compile(
    r"\b((?:sequential|functional|model|input_layer|keras_tensor|dense|dropout|flatten|embedding|activation|re_lu|softmax"
    r"|concatenate|add|lstm|gru|simple_rnn|bidirectional|rescaling|normalization|text_vectorization|string_lookup"
    r"|(?:batch|layer|group)_normalization|(?:separable_|depthwise_)?conv[123]d(?:_transpose)?"
    r"|(?:global_)?(?:max|average)_pooling[123]d|multi_head_attention|data_generator|generator))_\d+\b"
)


def diagnosis(measured: Diagnosis) -> Diagnosis:
    """Return the same without durations, and the memory of the process."""
    profile, run = measured.profile, measured.rehearsal
    batches = tuple(replace(batch, wait_s=0.0, rss_bytes=0) for batch in profile.batches)
    trials = {batch: _trial(trial) for batch, trial in measured.trials.items()}
    return replace(
        measured,
        profile=replace(profile, batches=batches),
        rehearsal=replace(run, seconds=0.0),
        trials=trials,
    )


def text(drawn: str) -> str:
    """Return the same without addresses of objects, and numbers that Keras and TensorFlow give."""
    return NUMBERED.sub(r"\1", TRACED.sub(r"\1", ADDRESS.sub("0x…", drawn)))


def _trial(trial: Trial) -> Trial:
    return replace(trial, seconds=0.0, steps=tuple(replace(step, seconds=0.0) for step in trial.steps))
