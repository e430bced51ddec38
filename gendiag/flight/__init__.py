"""A live fit, recorded: what its sources yielded, what it took of it, and where it stood when it ended.

Inside ``watch``, and only there, Keras's methods are patched. What is recorded becomes the records that a rehearsal
makes, so that the same judge, rules and views serve both; nothing here may ever end or slow the user's training.

Which batch a live step is, is never guessed: between ``tf.data.Dataset.from_generator`` and the step stands only a
queue, so the k-th element of an iterator is its k-th step (``elements``). Where order does not tell (arrays,
``tf.data``, a shuffle behind the adapter, a buffer that is filled again, ``level="full"``) deliveries are measured
where they arrive (``dataset_tap``), which costs about half a millisecond a step. A batch that is not known is None.

The failing batch is one of the group of steps in which fit raised: these are replayed through fit on a copy with the
weights of that moment, and the first that raises is named. If none does, the report says so and names none.

Recording costs next to nothing, because the thread that yields only copies: a batch is measured when its copy must
make room, or when a report is asked for. A recording that goes wrong ends itself (``harmless`` in ``source_tap``): what
was held is let go of, and ``flight.report`` says what happened in the place of a half-true report.

What a record lacks is made up for once fit is over. Batches that are still held get all their figures
(``full_measure``). A ``tf.data.Dataset`` or arrays whose first step raised while it was traced, so that no batch
arrived, are read once more in a rehearsal, and the report says so. Where fit waited for its source, a few steps are
timed on a copy.
"""
