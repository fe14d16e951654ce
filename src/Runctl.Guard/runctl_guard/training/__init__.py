"""Code that turns a spec into a living process, and waits for its end."""
