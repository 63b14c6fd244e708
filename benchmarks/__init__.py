"""How fast Backroom is, beside its rivals in the same run: `python -m benchmarks`, or one of its modules alone."""
