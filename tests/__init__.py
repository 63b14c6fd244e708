"""The tests: each is a sentence that names a promise."""
