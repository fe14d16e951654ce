"""Code that starts, finds or replaces the program's own processes: the guard, its keeper, units of systemd."""
