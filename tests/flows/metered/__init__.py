"""A read model, as relays and workers feed it and rebuild it."""
