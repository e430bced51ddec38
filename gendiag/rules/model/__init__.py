"""What the model does with sound batches: its last layer against the loss, steps that turn NaN, errors of its own."""
