"""Which batches an epoch is made of: how many, in which order, again or never again.

Where an epoch ends is said by the source, by ``__len__`` or by ``steps_per_epoch``; ``fit`` trusts whichever it finds
first.
"""
