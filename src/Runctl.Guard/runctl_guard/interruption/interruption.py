"""One interruption of one run: what began it, its journal, its deadline, its timings and what is told of it."""
import time
from typing import Any, Dict, List, Optional

from ..runs.journal import Journal, seconds_since
from ..runs.run import Run
from ..system.clock import boot_id, utc_seconds_text
from ..system.guard_log import best_effort
from . import triggers
from .triggers import Trigger


class Interruption:
    """`sharing` is the number of runs whose checkpoints go through the same network at the same time."""

    def __init__(self, run: Run, trigger: Trigger, sharing: int) -> None:
        self.run, self.sharing = run, sharing
        self.journal = Journal(run)
        self.phases: List[Dict[str, Any]] = []
        begun = self.journal.get("begin")
        self.began = begun or self._begin(trigger)
        self.reason = self.began["reason"]
        self.manual = self.reason == "manual"
        self.deadline = self.began["deadline"] if self.began["boot_id"] == boot_id() else None

    def _begin(self, trigger: Trigger) -> Dict[str, Any]:
        """The event is written before anything else."""
        manual = trigger.reason == "manual"
        if not manual:
            self._tell_detected(trigger)
        began = self.journal.write("begin", **trigger._asdict())
        if not manual:
            self._tell_time(trigger)
        best_effort(lambda: self.run.update(state="stopping" if manual else "interrupting"))
        return began

    def adopt_nearer_deadline(self) -> bool:
        """True where a notice that came meanwhile leaves less time than there was."""
        found = triggers.noted_deadline(self.run)
        if not found or (self.deadline is not None and self.deadline <= found["deadline"]):
            return False
        self.deadline = found["deadline"]
        if self.manual and not self.journal.get("urgent"):
            trigger = Trigger(**{name: found[name] for name in Trigger._fields})
            self._tell_detected(trigger)
            self.journal.write("urgent", time=trigger.time)
            self._tell_time(trigger)
        return True

    def _tell_detected(self, trigger: Trigger) -> None:
        """Once an attempt: a guard may have been killed after the event and before its journal had it."""
        if self.run.last_event(("InterruptionDetected",), self.run.state.get("attempt")):
            return
        best_effort(lambda: self.run.emit(
            "InterruptionDetected", "Spot interruption detected for instance %s!\n"
            "Handling spot interruption for instance %s" % (self.instance, self.instance), 0.0,
            action=trigger.action, deadline=trigger.time, source=trigger.source))

    def _tell_time(self, trigger: Trigger) -> None:
        when = trigger.time or utc_seconds_text(time.time())
        best_effort(lambda: self.run.emit("InterruptionTime", "Interruption time: %s" % when, 0.0))

    @property
    def instance(self) -> Optional[str]:
        return self.run.state.get("instance_id")

    @property
    def rate(self) -> Optional[float]:
        """Bytes per second an upload of this run can count on; None where none was measured."""
        rate = self.run.state.get("upload_rate")
        return rate / self.sharing if rate else None

    def left(self) -> Optional[float]:
        """Seconds to the deadline; None where there is none."""
        return None if self.deadline is None else self.deadline - time.monotonic()

    def phase(self, name: str, seconds: float) -> None:
        self.phases.append({"name": name, "seconds": round(max(0.0, seconds), 3)})

    def emit(self, kind: str, message: str, **data: Any) -> None:
        since = None if self.manual else seconds_since(self.began)
        best_effort(lambda: self.run.emit(kind, message, since, **data))

    def warn(self, id: str, message: str, **data: Any) -> None:
        self.emit("Warning", message, id=id, **data)
