"""How many axes and rows the arrays of a batch have, and whether they agree with each other and with the model.

``fit`` fixes every axis in which the first two batches agree; the model fixes its inputs; the loss lines labels up
with outputs.
"""
