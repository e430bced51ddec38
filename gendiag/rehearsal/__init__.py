"""One pass through a source: by the real fit on a probe that only writes down what arrives, or without Keras.

``recording`` takes down both sides, what was yielded and what was delivered; ``matching`` says which is which. No rule
and no model of the user's is known here.

The probe's ``train_step`` is run eagerly and writes down concrete arrays. Deliveries are matched to yields by digests
taken after the cast to the dtypes of the first delivery, by order where contents repeat; so replays, skips, shuffles,
casts and overwritten buffers are seen.

Three epochs are rehearsed, and more as long as the rehearsal took under two seconds: a fault in epoch 4 of 6 is common
in small data, and costs nothing to find. ``rehearse_epochs`` sets an exact number.
"""
