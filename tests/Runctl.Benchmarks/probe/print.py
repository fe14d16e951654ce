"""Prints numbered lines of 100 bytes with the time: so many, so many a second (0: at once)."""
import sys
import time

count, rate = int(sys.argv[1]), int(sys.argv[2])
block = max(1, min(1000, rate // 10)) if rate else 1000
began = time.monotonic()
for first in range(0, count, block):
    sys.stdout.write("".join("%09d %17.6f %s\n" % (i, time.time(), "x" * 71) for i in range(first, first + block)))
    sys.stdout.flush()
    if rate:
        time.sleep(max(0.0, began + (first + block) / rate - time.monotonic()))
