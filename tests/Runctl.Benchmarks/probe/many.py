"""Waits for SIGTERM, saves a checkpoint of so many files of 100 bytes and an archive, and tells when it had done so."""
import os
import signal
import sys
import time
import zipfile

from answer import put

answer, files = sys.argv[1], int(sys.argv[2])


def save(signum, frame):
    os.makedirs("checkpoints/step_1.tmp")
    for number in range(files):
        with open("checkpoints/step_1.tmp/%d" % number, "wb") as file:
            file.write(b"%0100d" % number)
    with zipfile.ZipFile("checkpoints/step_1.tmp/model.pt", "w") as archive:
        archive.writestr("data.pkl", b"\x80\x02.")
    os.rename("checkpoints/step_1.tmp", "checkpoints/step_1")
    put(answer, repr(time.time()))
    os._exit(0)


signal.signal(signal.SIGTERM, save)
while True:
    signal.pause()
