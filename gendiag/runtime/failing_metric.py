"""Which metric raised, and of which output, as far as the traceback holds Keras's own frames."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from typing import Any

ASKED = frozenset({"update_state", "result", "stateless_update_state"})  # methods of a metric
WRAPPER, OF_OUTPUT, ALL = "MeanMetricWrapper", "MetricsList", "CompileMetrics"


def failing_metric(error: BaseException) -> tuple[str | None, str | None]:
    """Return the key of the innermost metric, and Keras's name of the output that it was given, or None.

    Keras cuts its frames out of what it raises, unless that was switched off for the thread.
    """
    held = [mine for mine in _held(error) if type(mine).__name__ not in (ALL, OF_OUTPUT)]
    lists = [mine for mine in _held(error) if type(mine).__name__ == OF_OUTPUT]
    output = getattr(lists[-1], "output_name", None) if lists else None
    return (metric_key(held[-1]) if held else None), output if isinstance(output, str) else None


def metric_key(metric: Any) -> str:
    """``precision`` of a metric, its class or its function; a name in text as it is."""
    if type(metric).__name__ == WRAPPER:
        metric = getattr(metric, "_fn", metric)
    name = metric if isinstance(metric, str) else getattr(metric, "__name__", type(metric).__name__)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _held(error: BaseException) -> Iterator[Any]:
    """Metrics whose methods the exception came through, the outermost first."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        # Only of these: whoever looks at the locals of fit's own frame keeps its iterator alive with them.
        mine = frame.f_locals.get("self") if frame.f_code.co_name in ASKED else None
        if mine is not None and any(cls.__name__ == "Metric" for cls in type(mine).__mro__):
            yield mine
