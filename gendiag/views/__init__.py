"""Views: pure drawings of a diagnosis, and the shells that put them together and react.

A drawing takes records and returns text, HTML or a figure. A shell (``dashboard``, ``live_panel``) is handed plain
functions for whatever it may set going, so no view knows a model or a rule; views meet in one shared ``Selection``.
"""
