"""Whether a reader follows the log: a note that `log --follow` leaves, and that ends by itself."""
import contextlib
import time

from ..system import files
from ..system.clock import boot_id
from .run import Run

# The most seconds that one note is good for.
LONGEST = 600.0


def note(run: Run, seconds: float) -> None:
    """Without room on the disk the reader gets the log as if it did not follow."""
    until = time.monotonic() + max(0.0, min(seconds, LONGEST))
    with contextlib.suppress(OSError):
        files.write_unreserved(run.file("follower.json"), files.to_line({"schema": 1, "boot_id": boot_id(), "until": until}))


def is_there(run: Run) -> bool:
    known = files.read_json(run.file("follower.json")) or {}
    return known.get("boot_id") == boot_id() and time.monotonic() < known["until"]
