"""`drill`: the guard runs the sequence as if a notice had come."""
import time
from typing import Any, Dict

from ..errors import NO_GUARD, REFUSED, GuardError
from ..interruption.triggers import request
from ..runs.run import ENDED, PREPARING, Run
from ..service.guard_process import guard_identity, wake_guard


def drill(run: Run, window: float) -> Dict[str, Any]:
    if run.state["state"] in ENDED + PREPARING:
        raise GuardError("NotRunning", "%s is %s: there is nothing to interrupt." % (run.id, run.state["state"]),
                         REFUSED, run.id)
    if guard_identity() is None:
        raise GuardError("NoGuard", "No guard is alive on the instance, so a notice would not be seen.", NO_GUARD)
    request(run, "interruption", "drill", time.time() + window)
    wake_guard()
    return {"schema": 1, "accepted": True}
