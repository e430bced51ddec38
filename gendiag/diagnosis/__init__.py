"""A case is judged: rehearsal, model run, rules, trials and verdict come together here, and repairs are proven.

``case`` is the way through, ``verdict`` says what follows, ``diagnosis`` is the record that the views draw. What a
single part does lives below; nothing here draws, and nothing here knows a live fit.
"""
