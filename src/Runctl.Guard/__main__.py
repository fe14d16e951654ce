"""The guard program: what runs on the instance. See runctl_guard/cli.py for its commands."""
import os
import sys

from runctl_guard.cli import main

if __name__ == "__main__":
    sys.exit(main(os.path.dirname(os.path.abspath(__file__)), sys.argv[1:]))
