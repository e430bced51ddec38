"""A live fit, recorded: what its sources yielded, what it took of it, and where it stood when it ended."""
