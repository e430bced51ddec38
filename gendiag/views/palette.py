"""The colours of pictures, on white; in the dark the whole picture is inverted, and its hues are turned back.

Told apart in grey: against white the blue of what is sound has a contrast of 3 : 1, the amber of a warning 4.6 : 1, the
dark vermilion of an error 9 : 1, and error against sound 3 : 1. None is used without a shape, a hatch or a word.
"""

from __future__ import annotations

INK, GREY = "#1a1a1a", "#6b6b6b"  # letters and axes; what is of less weight
SOUND, WARNING, ERROR = "#5a9bd0", "#c05a00", "#8a2400"
NOTE = "#5b4b9a"
NOT_FINITE = "#d55e00"  # NaN and infinity inside of a picture of samples
