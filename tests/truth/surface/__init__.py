"""The surface of ``fit``, walked: what can go wrong in each place, what fit does, and what gendiag must say."""
