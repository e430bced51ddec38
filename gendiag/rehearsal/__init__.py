"""One pass through a source: by the real fit on a probe that only writes down what arrives, or without Keras.

``recording`` takes down both sides, what was yielded and what was delivered; ``matching`` says which is which. No rule
and no model of the user's is known here.
"""
