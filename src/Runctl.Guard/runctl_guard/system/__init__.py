"""Code that would be the same in any program on Linux: time, paths, files, processes, users, the disk."""
