"""`stop`: saves the checkpoint and ends the training, with no deadline."""
from typing import Any, Dict, Optional

from ..runs.run import Run
from .interrupt import interrupt


def stop(run: Run, grace: Optional[float], wait: bool) -> Dict[str, Any]:
    return interrupt(run, "manual", None, grace, wait)
