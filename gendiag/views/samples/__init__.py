"""Samples drawn as what they are: one module for each kind of leaf."""

from __future__ import annotations

from gendiag.views.samples.images import MOST as SHOWN
from gendiag.views.samples.picks import named_first
from gendiag.views.samples.sample_figures import count, to_html

__all__ = ["SHOWN", "count", "named_first", "to_html"]
