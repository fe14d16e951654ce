"""`interrupt`, `drill` and `stop`: have the guard run the sequence, or run it here when no guard is alive."""
import time
from typing import Any, Dict, Optional

from . import files, finish
from .clock import boot_id, parse_utc, utc_seconds_text
from .errors import NO_GUARD, REFUSED, GuardError
from .run import ENDED, FINAL_EVENTS, PREPARING, Run
from .sequence import Busy, Sequence
from .service import guard_identity, wake_guard
from .services import Services
from .trigger import of_request

# As long as a guard may need to be started again by its keeper.
PATIENCE = 2.0


def request(run: Run, reason: str, source: str, deadline: Optional[float] = None,
            grace: Optional[float] = None) -> Dict[str, Any]:
    """Writes down what is asked; the first request of an attempt stands, later ones join it."""
    asked = files.read_json(run.file("request.json"))
    attempt = run.state["attempt"]
    if asked and asked.get("attempt") == attempt:
        return asked
    asked = {"schema": 1, "attempt": attempt, "reason": reason, "source": source, "grace": grace, "boot_id": boot_id(),
             "deadline": None if deadline is None else utc_seconds_text(deadline),
             "deadline_monotonic": None if deadline is None else time.monotonic() + deadline - time.time()}
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


def interrupt(run: Run, reason: str, deadline: Optional[str], grace: Optional[float], wait: bool) -> Dict[str, Any]:
    """The final event, or what is known so far with `wait` off."""
    if run.state["state"] not in ENDED:
        asked = request(run, reason, "manual", _on_our_clock(deadline) if deadline else None, grace)
        wake_guard()
        if wait or guard_identity() is None:
            _await(run, asked)
    event = run.last_event(FINAL_EVENTS, run.state["attempt"])
    return event or {"schema": 1, "accepted": True}


def _on_our_clock(deadline: str) -> float:
    """A deadline is told in true time; this machine's clock may be wrong."""
    return parse_utc(deadline) - Services().imds.get("meta-data/instance-id").clock_offset


def _await(run: Run, asked: Dict[str, Any]) -> None:
    """Until the final event is there; takes the sequence over when nobody else is left to run it."""
    alive = time.monotonic()
    while run.last_event(FINAL_EVENTS, run.state["attempt"]) is None:
        if guard_identity() is not None:
            alive = time.monotonic()
        elif time.monotonic() - alive > PATIENCE:
            services = Services()
            try:
                Sequence(run, services.uploads(run)).run(of_request(asked))
                finish.settle(run, services)
            except Busy:
                pass
        time.sleep(0.05)
