"""What numbers the batches hold: NaN, blanks, rows never written, scales that change.

``fit`` looks at no value: what is wrong with them trains without a word.
"""
