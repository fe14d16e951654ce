"""`interrupt`, `drill` and `stop`: have the guard run the sequence, or run it here when no guard is alive."""
import contextlib
import sys
import time
from typing import Any, Dict, Optional

from ..aws.session import Services
from ..errors import NO_GUARD, REFUSED, USAGE, GuardError
from ..guard import completion
from ..interruption import urgent
from ..interruption.sequence import Busy, Sequence
from ..interruption.triggers import of_request
from ..runs.run import ENDED, FINAL_EVENTS, PREPARING, Run
from ..runs.webhook import telling
from ..service.guard_process import guard_identity, wake_guard
from ..system import files
from ..system.clock import boot_id, parse_utc, utc_seconds_text

# As long as a guard may need to be started again by its keeper.
DEAD_PATIENCE = 1.0
# As long as one that lives may need to begin; one that does not is stuck.
DEAF_PATIENCE = 4.0
SETTLE_SECONDS = 20.0


def request(run: Run, reason: str, source: str, deadline: Optional[float] = None,
            grace: Optional[float] = None, clock_offset: float = 0.0, action: str = "terminate") -> Dict[str, Any]:
    """Writes down what is asked; the first request of an attempt stands, later ones join it.

    `clock_offset` is what has to be added to this machine's clock to have the deadline's.
    """
    asked = files.read_json(run.file("request.json"))
    attempt = run.state["attempt"]
    joined = asked if asked and asked.get("attempt") == attempt else None
    asked = {"schema": 1, "attempt": attempt, "reason": reason, "source": source, "grace": grace, "boot_id": boot_id(),
             "action": action,
             "deadline": None if deadline is None else utc_seconds_text(deadline),
             "deadline_monotonic": None if deadline is None else
             time.monotonic() + deadline - time.time() - clock_offset}
    if joined:
        urgent.note(run, of_request(asked))
        return joined
    files.write_json(run.file("request.json"), asked)
    return asked


def drill(run: Run, window: float) -> Dict[str, Any]:
    if run.state["state"] in ENDED + PREPARING:
        raise GuardError("NotRunning", "%s is %s: there is nothing to interrupt." % (run.id, run.state["state"]),
                         REFUSED, run.id)
    if guard_identity() is None:
        raise GuardError("NoGuard", "No guard is alive on the instance: nobody would see a notice.", NO_GUARD)
    request(run, "interruption", "drill", time.time() + window)
    wake_guard()
    return {"schema": 1, "accepted": True}


def interrupt(run: Run, reason: str, deadline: Optional[str], grace: Optional[float], wait: bool,
              source: str = "manual", action: str = "terminate") -> Dict[str, Any]:
    """The final event, or what is known so far with `wait` off."""
    at = _parse(deadline)
    if run.state["state"] not in ENDED:
        services = Services()
        # A deadline is EC2's: a clock that is wrong must not cut the time there is to save.
        offset = services.imds.get("meta-data/instance-id").clock_offset if at else 0.0
        asked = request(run, reason, source, at, grace, offset, action)
        wake_guard()
        if wait or guard_identity() is None:
            _await(run, asked, services)
    event = run.last_event(FINAL_EVENTS, run.state["attempt"])
    return event or {"schema": 1, "accepted": True}


def _parse(deadline: Optional[str]) -> Optional[float]:
    try:
        return parse_utc(deadline) if deadline else None
    except ValueError:
        raise GuardError("Usage", "%r is not a UTC time like 2026-01-31T12:00:00Z." % deadline, USAGE, deadline)


def _await(run: Run, asked: Dict[str, Any], services: Services) -> None:
    """Until the final event is there; takes the sequence over when no guard is at it. The run's lock lets one act."""
    began = alive = time.monotonic()
    with contextlib.ExitStack() as beside:
        acting = False
        while run.state["state"] not in ENDED:
            now = time.monotonic()
            if guard_identity() is not None:
                alive = now
            if now - alive > DEAD_PATIENCE or now - began > DEAF_PATIENCE:
                if not acting:
                    acting = True
                    beside.enter_context(telling(run, services))
                try:
                    Sequence(run, services.uploads(run)).run(of_request(asked))
                    _settle(run, services)
                except Busy:
                    pass
            time.sleep(0.05)


def _settle(run: Run, services: Services) -> None:
    """Nobody else may be there to tell S3; what it did not take does not undo what was saved."""
    end = time.monotonic() + SETTLE_SECONDS
    while run.state.get("record_pending"):
        try:
            completion.settle(run, services)
        except (GuardError, OSError) as error:
            print("The end of %s is not in S3 yet: %s" % (run.id, error), file=sys.stderr)
            if time.monotonic() > end:
                return
            time.sleep(1.0)
