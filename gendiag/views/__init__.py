"""Views: pure drawings of a diagnosis, and the shells that put them together and react.

A drawing takes records and returns text, HTML or a figure. A shell (``dashboard``, ``live_panel``) is handed plain
functions for whatever it may set going, so no view knows a model, and of a rule only its lesson; views meet in one
shared ``Selection``.

``Report`` stands above the views and the diagnosis below them: a report shows itself, and views draw plain data.
Without this split the imports would go round. What stands below and shows itself all the same (a finding, a profile,
the table of lessons) is a ``records.face.Face``: ``faces`` lists whose drawing is which.
"""
