"""What was handed to ``fit``: objects and arguments that it does not take, or takes for something else."""
