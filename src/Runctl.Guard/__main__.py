"""The guard program: what runs on the instance. See runctl_guard/cli.py for its commands."""
import sys

from runctl_guard.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
