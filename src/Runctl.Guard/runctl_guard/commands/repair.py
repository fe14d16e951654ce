"""`repair`: starts the guard if none is alive, then `status`."""
from typing import Any, Dict

from ..service.guard_process import ensure_guard
from ..system import files, paths
from .status import status


def repair() -> Dict[str, Any]:
    files.make_folder(paths.runs())
    ensure_guard()
    return status(None, 0, None, 2400)
