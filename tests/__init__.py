"""The tests: one file per module of gendiag, and the browser tests beside them."""
