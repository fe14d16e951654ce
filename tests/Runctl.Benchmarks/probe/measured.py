"""Runs a command; prints its seconds, its processor seconds and its peak of resident memory in MiB."""
import os
import subprocess
import sys
import time

began = time.monotonic()
process = subprocess.Popen(sys.argv[1:], stdout=2)
_, status, usage = os.wait4(process.pid, 0)
if status:
    sys.exit("%s ended with %d" % (sys.argv[1], status))
print(time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
