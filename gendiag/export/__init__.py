"""What leaves the notebook as a file or as code: a reproducer, an output signature, JSON.

Everything that is handed over was run before, in a fresh process where it claims to run there. No pickle.

The script of a reproducer must raise the same type and first line there, before it is handed over.
"""
