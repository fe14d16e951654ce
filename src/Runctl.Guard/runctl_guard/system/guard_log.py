"""The guard's log, guard.log: exceptions that must not stop it, and its size."""
import contextlib
import os
import shutil
import sys
import traceback
from typing import Any, Callable, Dict, Iterable

from . import files
from .clock import utc_text

# Bytes, from which on the file is emptied.
LARGEST = 4 << 20

_times: Dict[Any, int] = {}


def log_exception() -> None:
    """Writes the current exception to guard.log, if the disk has room; of one that repeats a line now and then."""
    kind, error, trace = sys.exc_info()
    same = kind, tuple((frame.filename, frame.lineno) for frame in traceback.extract_tb(trace))
    _times[same] = times = _times.get(same, 0) + 1
    with contextlib.suppress(OSError):
        if times == 1:
            sys.stderr.write("%s %s" % (utc_text(), traceback.format_exc()))
        elif times & (times - 1) == 0:
            sys.stderr.write("%s %d times by now: %r\n" % (utc_text(), times, error))
        # Before Python 3.9 only a terminal's lines come out by themselves.
        sys.stderr.flush()


def for_each(act: Callable[[Any], Any], items: Iterable[Any]) -> None:
    """Acts on every item. An exception is logged and does not keep the others from their turn."""
    for item in items:
        try:
            act(item)
        except Exception:
            log_exception()


def best_effort(act: Callable[[], Any]) -> None:
    """Logs an OSError instead of raising it: a full disk must not cost the checkpoint."""
    try:
        act()
    except OSError:
        log_exception()


def keep_short(path: str) -> None:
    """Empties a file that has grown too large, although others append to it. One copy of its contents is kept."""
    with contextlib.suppress(OSError):
        if os.path.getsize(path) > LARGEST:
            with contextlib.suppress(OSError), open(path, "rb") as source, files.opened(path + ".1", "wb") as kept:
                shutil.copyfileobj(source, kept)
            os.truncate(path, 0)
