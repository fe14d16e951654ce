"""The one error type that reaches callers, and the exit codes it carries."""
import traceback
from typing import Any, Callable, Dict, Optional

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


def complain() -> None:
    """The exception at hand into guard.log, which may be on a full disk as well."""
    try:
        traceback.print_exc()
    except OSError:
        pass


def best_effort(act: Callable[[], Any]) -> None:
    """A disk that takes nothing any more costs words, never the checkpoint."""
    try:
        act()
    except OSError:
        complain()
