"""What goes wrong only where several threads or processes read one source.

``workers`` and ``use_multiprocessing`` of a ``PyDataset`` ask for items at the same time and in any order.
"""
