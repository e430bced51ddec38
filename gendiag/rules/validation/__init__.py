"""What ``fit`` evaluates on after each epoch, and whether two epochs' results can be compared."""
