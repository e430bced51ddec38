"""One raw batch: its leaves, what they hold, its rows, copies of it, and what fit will hold later ones to.

Everything here takes a batch as the source gave it, whatever it is made of, and knows neither sources nor fit. Nothing
unknown is ever converted, and nothing is imported to recognise it.
"""
