"""What each protocol of `evaluate` measures: one file and one row each."""
