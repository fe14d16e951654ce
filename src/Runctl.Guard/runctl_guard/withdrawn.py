"""Alive five minutes after the deadline: the notice was withdrawn, and the training starts again where nobody has it."""
import os
import time
import uuid
from typing import Any, Dict, List, Optional

from . import checkpoints
from .clock import boot_id, parse_utc
from .errors import GuardError
from .journal import Journal
from .record import ClaimLost
from .run import Run
from .services import Services
from .start import new_attempt

AFTER_SECONDS = 300.0


class Withdrawal:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._due = 0.0

    def look(self, runs: List[Run]) -> None:
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + 1.0
        for run in runs:
            if run.state.get("state") == "interrupted" and not run.state.get("withdrawn"):
                self._look(run)

    def _look(self, run: Run) -> None:
        begun = Journal(run).get("begin")
        if not begun or begun["source"] not in ("imds", "monitor", "manual") or begun["time"] is None:
            return
        if begun["boot_id"] == boot_id():
            late = time.monotonic() - begun["deadline"]
        else:
            late = time.time() - parse_utc(begun["time"])
        after = float(run.spec["policy"].get("withdrawn_seconds", AFTER_SECONDS))
        if late < after:
            return
        run.emit("InterruptionWithdrawn", "Interruption notice for %s is over and the instance is still here"
                 % begun["time"], time=begun["time"])
        run.update(withdrawn=True)
        self._start_again(run)

    def _start_again(self, run: Run) -> None:
        """As a new attempt, from the newest checkpoint, if the claim for it is won."""
        state = run.state
        claim = dict(state["claim"], nonce=uuid.uuid4().hex, number=state["attempt"] + 1)
        if state["claim"].get("attached"):
            return
        try:
            record = self._services.record(run)
            if record:
                claim["number"] = record.next_claim(claim["nonce"], "guard on " + str(state["instance_id"]))
        except ClaimLost:
            return  # The training goes on elsewhere.
        except GuardError as error:
            run.warn("NotStartedAgain", "The training is not started again here: %s" % error)
            return
        final = run.last_event(("InterruptionHandled",), state["attempt"]) or {"data": {}}
        newest = final["data"].get("checkpoint") or state.get("checkpoint") or state.get("resumed_from")
        # An attempt that was interrupted before it began leaves what it was to begin with.
        claim["resume_from"] = _resume_from(run, newest) if newest else state["claim"].get("resume_from")
        new_attempt(run, run.spec, claim)


def _resume_from(run: Run, newest: Dict[str, Any]) -> Optional[Dict[str, str]]:
    """The file on this machine if it still is the version that was picked, else what S3 holds."""
    picked = Journal(run).get("picked")
    path = os.path.join(run.state["checkpoint_dir"], newest["name"])
    found = [one.identity for one in checkpoints.scan(os.path.dirname(path), [newest["name"]]) if one.path == path]
    if found and (not picked or picked["identity"] in found or not newest.get("manifest")):
        return {"path": path}
    return {"manifest": newest["manifest"]} if newest.get("manifest") else None
