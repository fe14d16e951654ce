"""Supervises one run: starts it, mirrors its checkpoints, and begins its interruption or its end."""
import functools
import time
from typing import Any, Callable, Dict, Optional

from ..aws.session import Session
from ..checkpoints.mirror import Mirror
from ..checkpoints.uploads import uploads_of
from ..interruption import triggers
from ..interruption.observed import CheckpointLook
from ..interruption.sequence import Busy, Sequence
from ..interruption.trainer_watch import LOOK_SECONDS, TrainerWatch
from ..interruption.triggers import Trigger, of_request
from ..runs import run_log, webhook
from ..runs.journal import Journal, presses
from ..runs.run import ENDED, PREPARING, Run
from ..runs.shipper import Shipper
from ..runs.target import ProcessTarget
from ..runs.webhook import Webhook
from ..service.spawn import start_starter
from ..system import files
from ..system.clock import utc_text
from . import completion
from .leftovers import Leftovers
from .tasks import ALERT, FINISH, LATE, LONGEST_PAUSE, MIRROR, SEQUENCE, SETTLE, SHIP, TRAINERS, BackgroundTasks

SHIP_SECONDS = 3.0
ALERT_SECONDS = 0.5
# Before the sequence is gone through again because the disk did not take its end.
FULL_DISK_SECONDS = 1.0
# Between tries to bring the last checkpoint of an ended training to S3.
UNSAVED_SECONDS = 30.0
# Between tries of what failed, while there may be no time for many.
NEAR_PAUSE = 1.0
MOST_STARTERS = 3


class RunSupervisor:
    """All that it keeps in memory can be lost. `active_runs` tells how many runs share the network."""

    def __init__(self, run: Run, session: Session, active_runs: Callable[[], int]) -> None:
        self.run = run
        self.tasks = BackgroundTasks(run.id)
        self._session, self._active_runs = session, active_runs
        self._mirror = Mirror(run, session)
        self._webhook = Webhook(run, session)
        self._starter: Optional[Any] = None
        # How often each attempt was started.
        self._starts: Dict[Any, int] = {}
        self._attempt: Any = 0
        self._renew()

    def _renew(self) -> None:
        """What belongs to one attempt only, if another has begun."""
        attempt = self.run.state.get("attempt")
        if attempt != self._attempt:
            self._attempt = attempt
            observe = CheckpointLook(lambda: uploads_of(self.run, self._session))
            self._trainers = TrainerWatch(self.run, ProcessTarget(self.run), observe)
            self._leftovers = Leftovers(self.run, self._trainers)

    def active(self) -> bool:
        return self.run.state.get("state") not in ENDED + (None,)

    def look(self, shutdown: Optional[Trigger], notice: Optional[Trigger]) -> None:
        """One look, at every tick of the guard. What takes time becomes a task."""
        run, tasks = self.run, self.tasks
        self._renew()
        state = run.state
        name = state.get("state")
        # What failed is not left alone for long while the end is near.
        near = shutdown or notice or tasks.busy(SEQUENCE) or presses(run)
        longest = NEAR_PAUSE if near else LONGEST_PAUSE
        if webhook.asked_for(run):
            tasks.every(ALERT, ALERT_SECONDS, self._webhook.look, longest)
        if name in ENDED:
            if state.get("record_pending"):
                tasks.every(SETTLE, 2.0, lambda: completion.settle(run, self._session), longest)
            elif completion.unsaved(run):
                tasks.every(LATE, NEAR_PAUSE if near else UNSAVED_SECONDS, self._save_late, longest)
            return
        tasks.every(SHIP, SHIP_SECONDS, self._ship, longest)
        if tasks.busy(SEQUENCE):
            return
        trigger = shutdown or self._request() or notice
        if trigger or Journal(run).begun:
            self.begin(trigger or Trigger("interruption", "imds"))
        elif name in PREPARING:
            self._prepare()
        elif self._leftovers.lives():
            tasks.every(MIRROR, 1.0, self._mirror.look)
            tasks.every(TRAINERS, LOOK_SECONDS, self._trainers.look)
        elif self._leftovers.ended():
            tasks.do(FINISH, lambda: completion.finish(run, self._session))
        elif run.exit() is not None:
            tasks.every(TRAINERS, LOOK_SECONDS, self._trainers.look)
        elif run.exit() is None:
            # The reaper waits for room to write down the end.
            tasks.every(MIRROR, 1.0, lambda: self._mirror.look(only_proven=True))

    def begin(self, trigger: Trigger) -> None:
        """Starts the sequence; one that runs already learns of the trigger's deadline."""
        if self.tasks.busy(SEQUENCE):
            triggers.note_deadline(self.run, trigger)
        self.tasks.do(SEQUENCE, functools.partial(self._sequence, trigger), NEAR_PAUSE)

    def save_late_at_once(self) -> None:
        """A notice hastens what S3 did not take at the end of a run."""
        if completion.unsaved(self.run) and self.run.state["state"] in ENDED:
            self.tasks.do(LATE, self._save_late, 0.0)

    def _sequence(self, trigger: Trigger) -> None:
        run = self.run
        try:
            Sequence(run, uploads_of(run, self._session), max(1, self._active_runs()), self._trainers).run(trigger)
        except Busy:
            # A command has it, or the ordinary end.
            triggers.note_deadline(run, trigger)
            return
        if run.state["state"] not in ENDED:
            time.sleep(FULL_DISK_SECONDS)
            return
        # The record says "handled" as soon as S3 holds the final event.
        completion.settle(run, self._session)

    def _save_late(self) -> None:
        completion.save_late(self.run, self._session)

    def _ship(self) -> None:
        if not self.run.spec.get("store"):
            run_log.note(self.run)
            return
        Shipper(self._session.s3(self.run.spec), self.run).ship()

    def _request(self) -> Optional[Trigger]:
        asked = files.read_json(self.run.file("request.json"))
        if asked and asked.get("attempt") == self.run.state.get("attempt"):
            return of_request(asked)
        return None

    def _prepare(self) -> None:
        """Has a starter at work, and gives the start up after a few that died."""
        run = self.run
        if (self._starter and self._starter.poll() is None) or run.starter_alive():
            return
        attempt = run.state.get("attempt")
        if self._starts.get(attempt, 0) >= MOST_STARTERS:
            run.emit("TrainingFailed", "Training failed: its start died repeatedly", exit_code=None, last_step=None,
                     checkpoint=None)
            run.update(state="failed", ended=utc_text(), record_pending=True,
                       error={"id": "StartFailed", "message": "The start was given up after it had died repeatedly."})
            return
        self._starts[attempt] = self._starts.get(attempt, 0) + 1
        self._starter = start_starter(run.id)
