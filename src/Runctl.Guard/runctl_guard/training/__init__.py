"""What turns a spec into a living process, and waits for its end."""
