"""What happens on the clock of the guard process: its loop, and the tasks it starts."""
