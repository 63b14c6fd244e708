"""The catalogue of Backroom Home: our own products, with pictures drawn by program."""
