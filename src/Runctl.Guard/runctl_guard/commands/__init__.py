"""What is typed: `commands/X.py` is `runctl-guard X`."""
