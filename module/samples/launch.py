#!/usr/bin/env python3
"""A launcher that starts a training and waits for it. It neither handles SIGTERM nor passes it on; Runctl tells the training itself.

    launch.py train_pair.py --steps 400
"""
import os
import subprocess
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.exit(subprocess.run([sys.executable, os.path.join(here, sys.argv[1]), *sys.argv[2:]]).returncode)
