"""The colours of the pictures, told apart by lightness too: each 3 : 1 on white, errors 2.5 : 1 on what was delivered.

Okabe and Ito's hues, changed in lightness. On a dark ground the page inverts a picture and turns its hues back.
"""

from __future__ import annotations

INK, GREY, FAINT = "#1a1a1a", "#6b6b6b", "#d9d9d9"
BLUE, ORANGE, RED = "#4B97D2", "#E69F00", "#9A2500"  # delivered, warning, error
PALE_BLUE = "#BBD7EE"  # delivered, but less than others
DARK_BLUE = "#00517F"  # a line on blue
EPOCHS = "#00000012"  # the ground of every other epoch
