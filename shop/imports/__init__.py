"""Importing products from files: each becomes the document that the API takes, and goes in through the same door."""
