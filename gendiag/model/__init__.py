"""The user's model: read, copied, put back bit for bit, and what it does with a batch.

Whatever is tried is tried on a copy, or on values that are put back. What a batch is to the rest of the run, and which
rule it breaks, is not known here.
"""
