"""The proof bench: random scenarios, the real fit of an instrumented twin, and what ``diagnose`` says of them."""
