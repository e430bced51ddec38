"""What leaves the notebook: code that fits a profile, and a folder that reproduces a failure."""
