"""`stop`: saves the checkpoint and ends the training, with no deadline."""
from typing import Any, Dict, Optional

from ..runs.run import Run
from .interrupt import interrupt


def stop(run: Run, grace: Optional[float], wait: bool) -> Dict[str, Any]:
    if run.state["state"] == "interrupted" and not run.state.get("withdrawn"):
        run.update(withdrawn=True)  # Stopped for good: a notice that is withdrawn does not start it again.
    return interrupt(run, "manual", None, grace, wait)
