"""Why a sequence runs, and until when: its trigger, requests by commands, and a nearer deadline that comes later."""
import time
from typing import Any, Dict, NamedTuple, Optional

from ..runs.run import Run
from ..system import files
from ..system.clock import boot_id, parse_utc, utc_seconds_text
from ..system.guard_log import best_effort

# What a system that shuts down leaves the guard.
SHUTDOWN_SECONDS = 110.0


class Trigger(NamedTuple):
    """`deadline` is on the monotonic clock; None where nothing presses."""
    reason: str                        # interruption | manual
    source: str                        # imds | drill | manual | monitor | shutdown
    action: str = "terminate"
    time: Optional[str] = None
    deadline: Optional[float] = None
    detect_seconds: float = 0.0
    grace: Optional[float] = None


def of_shutdown() -> Trigger:
    return Trigger("interruption", "shutdown", "terminate", utc_seconds_text(time.time() + SHUTDOWN_SECONDS),
                   time.monotonic() + SHUTDOWN_SECONDS)


def of_request(asked: Dict[str, Any]) -> Trigger:
    """A request written by `interrupt`, `drill` or `stop`, as what starts the sequence."""
    deadline = None
    if asked.get("deadline") is not None:
        same_boot = asked.get("boot_id") == boot_id()
        deadline = asked["deadline_monotonic"] if same_boot else \
            time.monotonic() + parse_utc(asked["deadline"]) - time.time()
    return Trigger(asked["reason"], asked["source"], asked.get("action") or "terminate", asked.get("deadline"),
                   deadline, 0.0, asked.get("grace"))


def note_deadline(run: Run, trigger: Trigger) -> None:
    """Writes down a deadline that comes while the sequence runs. The process that runs the sequence, this one or another,
    adopts it if it is nearer."""
    known = noted_deadline(run)
    if trigger.deadline is None or (known and known["deadline"] <= trigger.deadline):
        return
    best_effort(lambda: files.write_json(run.file("urgent.json"), dict(
        trigger._asdict(), schema=1, attempt=run.state["attempt"], boot_id=boot_id())))


def noted_deadline(run: Run) -> Optional[Dict[str, Any]]:
    """The nearest one of this attempt and boot, with the trigger it came by."""
    found = files.read_json(run.file("urgent.json"))
    same = found and found.get("attempt") == run.state.get("attempt") and found.get("boot_id") == boot_id()
    return found if same else None


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
        note_deadline(run, of_request(asked))
        return joined
    files.write_json(run.file("request.json"), asked)
    return asked
