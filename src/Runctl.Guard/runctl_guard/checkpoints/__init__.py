"""What decides about a checkpoint, stores it or fetches it."""
