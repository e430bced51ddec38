"""Running somebody's code without leaving a trace: threads that can be given up, random states, memory, silence.

Also what of an exception helps the reader. Standard library, NumPy and Keras's own switches; nothing of batches.

Long work runs in a thread, in a copied context with Keras's dtype policy carried over; the caller waits with a time
limit, because fit may never answer.
"""
