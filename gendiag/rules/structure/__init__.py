"""How a batch is nested: tuples, dicts, lists, and which array stands where.

``fit`` takes ``(x, y)`` or ``(x, y, sample_weight)``, reads the nesting off the first batches, and holds every later
batch to it.
"""
