"""Changes to a source or to fit's arguments that rules propose; each is code, and is run before it is shown.

A function here makes one edit of a ``Place``, or returns None where it cannot be made there. They lie by what they
change: ``numbers`` and ``shapes`` of a leaf, ``batching``, the ways of ``generators`` and ``datasets``, whole
``streams``, ``arguments`` of fit. ``chain`` makes one of two, and ``snippet`` the text to paste.
"""
