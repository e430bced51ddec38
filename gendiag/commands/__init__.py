"""What people type outside of Python code: the notebook's magics, and ``python -m gendiag`` with its options.

A command parses what was typed, calls what everybody can call, and says the result in the words of a shell or a cell;
it measures and judges nothing itself.
"""
