"""Saves at SIGTERM; when it is resumed, writes the wall-clock time of its first step to the file given as argument."""
import json
import os
import signal
import sys
import time

from answer import put

answer = sys.argv[1]


def save(signum, frame):
    os.makedirs("checkpoints", exist_ok=True)
    with open("checkpoints/step_1.tmp", "w") as file:
        json.dump({"step": 1}, file)
    os.replace("checkpoints/step_1.tmp", "checkpoints/step_1.json")
    os._exit(0)


if "--resume" in sys.argv:
    with open(sys.argv[sys.argv.index("--resume") + 1]) as file:
        json.load(file)
    put(answer, repr(time.time()))

signal.signal(signal.SIGTERM, save)
while True:
    signal.pause()
