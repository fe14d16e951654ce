"""The one error type that reaches callers, and the exit codes it carries."""
import contextlib
import sys
import traceback
from typing import Any, Callable, Dict, Iterable, Optional

from .system.clock import utc_text

USAGE = 2
NO_SUCH_RUN = 3
REFUSED = 4
TRAINING_FAILED = 5
STORAGE = 6
NO_GUARD = 7
DEFECT = 70


class GuardError(Exception):
    """An error with a stable id, told to the caller as JSON; `exit_code` becomes the exit code of the command."""

    def __init__(self, id: str, message: str, exit_code: int = REFUSED, target: Optional[str] = None) -> None:
        super().__init__(message)
        self.id = id
        self.message = message
        self.exit_code = exit_code
        self.target = target

    def as_json(self) -> Dict[str, Any]:
        return {"schema": 1, "error": {"id": self.id, "message": self.message, "target": self.target}}


_times: Dict[Any, int] = {}


def complain() -> None:
    """The exception at hand into guard.log, which may be on a full disk as well; of one that repeats a line now and then."""
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


def one_by_one(act: Callable[[Any], Any], items: Iterable[Any]) -> None:
    """What fails for one is told, and done for the others all the same."""
    for item in items:
        try:
            act(item)
        except Exception:
            complain()


def best_effort(act: Callable[[], Any]) -> None:
    """A disk that takes nothing any more costs words, never the checkpoint."""
    try:
        act()
    except OSError:
        complain()
