"""The colours of the pictures, told apart by lightness too.

Okabe and Ito's hues, changed in lightness: against white what was delivered has a contrast of 3 : 1, a warning of
3.4 : 1, an error of 9 : 1, and an error against what was delivered 2.8 : 1. On a dark ground the page inverts a picture
and turns its hues back.
"""

from __future__ import annotations

INK, GREY, FAINT = "#1a1a1a", "#6b6b6b", "#d9d9d9"
BLUE, ORANGE, RED = "#4B97D2", "#C87800", "#8A2400"  # delivered, warning, error
PALE_BLUE = "#BBD7EE"  # delivered, but less than others
DARK_BLUE = "#00517F"  # a line on blue
EPOCHS = "#00000012"  # the ground of every other epoch
