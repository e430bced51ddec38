"""A case is judged: rehearsal, model run, rules, trials and verdict come together here, and repairs are proven.

``case`` is the way through, ``verdict`` says what follows, ``diagnosis`` is the record that the views draw. What a
single part does lives below; nothing here draws, and nothing here knows a live fit.

The model sees what fit delivered, in one run: after the rehearsal a copy is trained, through the real fit, on all
delivered batches that are still held. So a label out of range in a batch that looks like all others is found without
a guess; one trial per signature would miss it. Then the suspects are tried one by one. A rehearsal that stood still
inside TensorFlow before any batch is repeated once.

What is shown of a repair is what was run. An edit is the text of a function ``mended(source)``, and applying it
executes that text. The search puts it around a source made anew, and judges that like any other source; it is kept if
the fault is gone, no other came, and the failing batch passes its trial.
"""
