"""A live fit, recorded: what its sources yielded, what it took of it, and where it stood when it ended.

Inside ``watch``, and only there, Keras's methods are patched. What is recorded becomes the records that a rehearsal
makes, so that the same judge, rules and views serve both; nothing here may ever end or slow the user's training.
"""
