"""The user's model: read, copied, put back bit for bit, and what it does with a batch.

Whatever is tried is tried on a copy, or on values that are put back. What a batch is to the rest of the run, and which
rule it breaks, is not known here.

A failing sample is proven, not guessed: what the data suggest (NaN, labels out of range) is a hypothesis, which holds
if each of these samples fails alone and the rest trains. Without a hypothesis the batch is halved until that is so.

A model that a failed fit left half built (variables without values, which no later fit can train) is tried as made
anew from its config, and the user is told; where nothing else is wrong, it is itself what fit raises about.
"""
