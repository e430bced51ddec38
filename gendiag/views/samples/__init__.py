"""Samples drawn as what they are: one module for each kind of leaf."""

from __future__ import annotations

from gendiag.views.samples.sample_figures import count, to_html
from gendiag.views.samples.value_band import draw_values

__all__ = ["count", "draw_values", "to_html"]
