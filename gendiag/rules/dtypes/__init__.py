"""What type the values are, and what is lost where one type becomes another.

``fit`` casts each leaf to the dtype that it had in batch 0, layers cast to their own, and a loss to the output's.
"""
