"""Every error that gendiag raises on purpose.

Each message says what happened (with the values), why, and what to type next.
"""


class GendiagError(Exception):
    """Base of all errors raised on purpose; catch this one."""


class BadSourceError(GendiagError, TypeError):
    """What was passed as a source is nothing that ``fit`` could read."""


class BadModelError(GendiagError, TypeError):
    """What was passed as a model cannot be rehearsed or tried."""


class NoFreshWeightsError(BadModelError):
    """The model cannot be made again from its config, and so has no fresh weights to try."""


class BadArgumentError(GendiagError, ValueError):
    """An option has a value that makes no sense."""


class SourceSpentError(GendiagError, RuntimeError):
    """A one-shot source was already read, or is being read by somebody else."""


class StillTrainingError(GendiagError, RuntimeError):
    """What is asked for needs the model, which a recorded fit is training just now."""


class NothingRecordedError(GendiagError, LookupError):
    """No call of fit, evaluate or predict was recorded."""


class NotReproducibleError(GendiagError, RuntimeError):
    """There is no failure in this diagnosis that a few batches would bring about again."""


class NotKeptError(GendiagError, LookupError):
    """The raw batch asked for was never read, or is no longer held in memory."""
