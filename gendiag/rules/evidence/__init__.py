"""What a rule reads: the records of one case side by side, and the questions that several rules put to them.

Everything here is a pure function of records, or a frozen view of them. A question that one rule alone asks stays in
its file.
"""
