"""How soon a thread that waits for Python's interpreter gets it, and when garbage is looked for."""
import contextlib
import gc
import sys
import threading
import time
from typing import Iterator

# The guard lets go of the interpreter at each system call, and takes it again from threads that look and upload: with
# Python's own 5 ms a signal beside 100,000 files came after 8 s.
SWITCH_SECONDS = 0.0002
# From the notice to the signal. It costs the other threads about half of their pace.
HURRIED_SECONDS = 0.00001
# Between two searches of all objects for garbage. A search stops every thread, for 0.2 s beside 100,000 files.
COLLECT_SECONDS = 600.0

_lock = threading.Lock()
_hurried = 0
_collected = 0.0


def prepare() -> None:
    """Once, at the start of the guard. Only young objects are searched while threads work."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(gc.get_threshold()[0], gc.get_threshold()[1], 1 << 30)


def collect() -> None:
    """The search of all objects, if one is due and no thread is in a hurry."""
    global _collected
    now = time.monotonic()
    if not _hurried and now - _collected >= COLLECT_SECONDS:
        _collected = now
        gc.collect()


@contextlib.contextmanager
def hurried() -> Iterator[None]:
    """This thread waits for no other longer than it must."""
    _count(1)
    try:
        yield
    finally:
        _count(-1)


def _count(change: int) -> None:
    global _hurried
    with _lock:
        _hurried += change
        sys.setswitchinterval(HURRIED_SECONDS if _hurried else SWITCH_SECONDS)
