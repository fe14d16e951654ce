"""Code that decides about a checkpoint, stores it or fetches it."""
