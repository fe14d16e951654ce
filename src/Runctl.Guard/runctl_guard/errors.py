"""The one error type that reaches callers, and the exit codes it carries."""
from typing import Any, Dict, Optional

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
