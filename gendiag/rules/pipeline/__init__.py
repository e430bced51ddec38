"""How the source works rather than what it yields: its own errors, its waiting, its memory and its buffers."""
