"""Many files in the checkpoint directory and many processes; writes the wall-clock time at which SIGTERM came to the file given."""
import os
import signal
import subprocess
import sys
import time

from answer import put

answer, files, others = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


def note(signum, frame):
    now = time.time()
    for process in sleepers:
        process.kill()
    put(answer, repr(now))
    os._exit(0)


for folder in range(0, files, 1000):
    os.makedirs("checkpoints/chunks/%d" % folder)
    for number in range(folder, min(files, folder + 1000)):
        with open("checkpoints/chunks/%d/%d" % (folder, number), "wb") as file:
            file.write(b"x" * 100)
sleepers = [subprocess.Popen(["sleep", "600"]) for _ in range(others)]
signal.signal(signal.SIGTERM, note)
put(answer + ".ready", "")
while True:
    signal.pause()
