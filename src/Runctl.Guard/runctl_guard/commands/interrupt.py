"""`interrupt`: have the guard run the sequence, or run it here when no guard is alive."""
import contextlib
import sys
import time
from typing import Any, Dict, Optional

from ..aws.session import Session
from ..checkpoints.uploads import uploads_of
from ..errors import USAGE, GuardError
from ..guard import completion
from ..interruption.sequence import Busy, Sequence
from ..interruption.triggers import SHUTDOWN_SECONDS, of_request, request
from ..runs.run import ENDED, FINAL_EVENTS, Run
from ..runs.webhook import telling
from ..service.guard_process import guard_identity, wake_guard
from ..service.systemd import going_down
from ..system.clock import parse_utc, utc_seconds_text

# As long as a guard may need to be started again by its keeper.
DEAD_PATIENCE = 1.0
# As long as one that lives may need to begin; one that does not is stuck.
DEAF_PATIENCE = 4.0
SETTLE_SECONDS = 20.0


def interrupt(run: Run, reason: str, deadline: Optional[str], grace: Optional[float], wait: bool,
              source: str = "manual", action: str = "terminate") -> Dict[str, Any]:
    """The final event, or what is known so far with `wait` off."""
    at = _parse(deadline)
    if run.state["state"] not in ENDED:
        session = Session()
        # A deadline is EC2's: a clock that is wrong must not cut the time there is to save.
        offset = session.imds.get("meta-data/instance-id").clock_offset if at else 0.0
        asked = request(run, reason, source, at, grace, offset, action)
        wake_guard()
        if wait or guard_identity() is None:
            _await(run, asked, session)
    event = run.last_event(FINAL_EVENTS, run.state["attempt"])
    return event or {"schema": 1, "accepted": True}


def unit_stopped(run: Run) -> None:
    """systemd stops the unit of a training: on a person's command, or at a shutdown that found no guard to stop before."""
    if going_down():
        interrupt(run, "interruption", utc_seconds_text(time.time() + SHUTDOWN_SECONDS), None, True)
    else:
        interrupt(run, "manual", None, None, True)


def _parse(deadline: Optional[str]) -> Optional[float]:
    try:
        return parse_utc(deadline) if deadline else None
    except ValueError:
        raise GuardError("Usage", "%r is not a UTC time like 2026-01-31T12:00:00Z." % deadline, USAGE, deadline)


def _await(run: Run, asked: Dict[str, Any], session: Session) -> None:
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
                    beside.enter_context(telling(run, session))
                try:
                    Sequence(run, uploads_of(run, session)).run(of_request(asked))
                    _settle(run, session)
                except Busy:
                    pass
            time.sleep(0.05)


def _settle(run: Run, session: Session) -> None:
    """Nobody else may be there to tell S3; what it did not take does not undo what was saved."""
    end = time.monotonic() + SETTLE_SECONDS
    while run.state.get("record_pending"):
        try:
            completion.settle(run, session)
        except (GuardError, OSError) as error:
            print("The end of %s is not in S3 yet: %s" % (run.id, error), file=sys.stderr)
            if time.monotonic() > end:
                return
            time.sleep(1.0)
