"""Code that acts on the clock of the guard process: its loop, and the tasks it starts for each run."""
