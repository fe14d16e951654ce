"""A module for each command: `commands/X.py` is `runctl-guard X`. `envelope` unpacks a command that comes as one argument."""
