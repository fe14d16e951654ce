"""Waits for SIGTERM, saves a checkpoint of so many MiB in the form torch.save gives it, and tells when it had done so."""
import os
import signal
import sys
import time
import zipfile

from answer import put

answer, mebibytes = sys.argv[1], int(sys.argv[2])


def save(signum, frame):
    os.makedirs("checkpoints", exist_ok=True)
    with zipfile.ZipFile("checkpoints/model.tmp", "w", zipfile.ZIP_STORED) as archive:
        for part in range(0, mebibytes, 16):
            archive.writestr("model/data/%d" % part, os.urandom(min(16, mebibytes - part) << 20))
        archive.writestr("model/data.pkl", b"\x80\x02.")
    os.replace("checkpoints/model.tmp", "checkpoints/step_1.pt")
    put(answer, repr(time.time()))
    os._exit(0)


signal.signal(signal.SIGTERM, save)
while True:
    signal.pause()
