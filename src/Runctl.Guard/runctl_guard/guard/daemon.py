"""The guard itself: polls the metadata service, watches every run of the instance, and starts the sequence."""
import contextlib
import functools
import os
import select
import signal
import sys
import threading
import time
from typing import Any, Callable, Dict, List, Optional, Set

from ..aws.session import Session
from ..checkpoints.uploads import uploads_of
from ..interruption import triggers
from ..interruption.notice_poller import Poller
from ..interruption.sequence import Busy, Sequence
from ..interruption.trainer_watch import LOOK_SECONDS
from ..interruption.triggers import Trigger, of_request
from ..interruption.withdrawal import Withdrawal
from ..runs import run_log, webhook
from ..runs.journal import Journal
from ..runs.registry import all_runs, unreadable
from ..runs.run import ENDED, PREPARING, Run, is_run_id
from ..runs.shipper import Shipper
from ..service.guard_process import LEFT, guard_file
from ..service.spawn import start_starter
from ..service.systemd import has_systemd, restarting
from ..system import disk_reserve, files, guard_log, paths, processes
from ..system.clock import utc_text
from ..system.guard_log import best_effort, for_each, log_exception
from . import completion
from .self_termination import SelfTermination
from .supervisor import Watched
from .tasks import ALERT, FINISH, LATE, LONGEST_PAUSE, MIRROR, SEQUENCE, SETTLE, SHIP, TRAINERS, WITHDRAWN

TICK_SECONDS = 0.25
SHIP_SECONDS = 3.0
ALERT_SECONDS = 0.5
RESERVE_SECONDS = 60.0
# Before the sequence is gone through again because the disk did not take its end.
FULL_DISK_SECONDS = 1.0
# Between tries to bring the last checkpoint of an ended training to S3.
UNSAVED_SECONDS = 30.0
# Between tries of what failed, while there may be no time for many.
NEAR_PAUSE = 1.0
MOST_STARTERS = 3


class Guard:
    def __init__(self) -> None:
        self._session = Session()
        self._watched: Dict[str, Watched] = {}
        self._settled: Dict[str, float] = {}
        # Their handlers do no more than this: what takes a lock there waits for ever for the thread it interrupted.
        self._signals: Set[int] = set()
        self._lock = threading.Lock()
        # The exit code of who leaves the trainings to the next guard.
        self._leaving: Optional[int] = None
        # Whether guard.json is still to be written.
        self._unknown = False
        self._reserve_due = 0.0
        self._shutdown: Optional[Trigger] = None
        self._poller = Poller(self._session.imds, self._noticed, self._told)
        self._withdrawal = Withdrawal(self._session)
        self._exit = SelfTermination()

    def main(self) -> int:
        os.makedirs(paths.runs(), exist_ok=True)
        lock = files.take_lock(os.path.join(paths.home(), "guard.lock"), wait=False)
        if lock is None:
            return LEFT
        awake = self._take_signals()
        # The id is asked for once, before it could be needed in a adopt_nearer_deadline.
        self._session.instance_id()
        best_effort(lambda: disk_reserve.writing(self._introduce))
        threading.Thread(target=self._poller.run, args=(self._poll_seconds,), daemon=True).start()
        while self._leaving is None or self._in_sequence():
            self._await_signals(awake)
            try:
                self._tick()
                if self._shutdown and self._all_handled():
                    return LEFT
            except Exception:
                log_exception()
                time.sleep(0.5)
        return self._leaving

    def _introduce(self) -> None:
        """Who asks for the guard finds it by this; on a full disk it works unknown until there is room."""
        self._unknown = True
        files.write_unreserved(guard_file(), files.to_line(dict(
            processes.own().identity(), schema=1, program=paths.program(), since=utc_text(), ready=True)))
        self._unknown = False

    # Signals

    def _take_signals(self) -> int:
        """The end of a pipe that can be read from when one has come."""
        awake, told = os.pipe()
        for end in (awake, told):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(told, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
            signal.signal(number, lambda number, _: self._signals.add(number))
        return awake

    def _await_signals(self, awake: int) -> None:
        if select.select([awake], [], [], TICK_SECONDS)[0]:
            os.read(awake, 4096)
        while self._signals:
            number = self._signals.pop()
            if number == signal.SIGTERM:
                self._terminate()
            elif number == signal.SIGHUP:
                self._leaving = LEFT

    def _terminate(self) -> None:
        """Shutdown, or a stop from the console: there may be no notice, but there is an end. A restart is none."""
        if has_systemd() and restarting():
            self._leaving = 0
        elif self._shutdown is None:
            self._shutdown = triggers.of_shutdown()

    def _in_sequence(self) -> bool:
        return any(watched.tasks.busy(SEQUENCE) for watched in self._watched.values())

    def _all_handled(self) -> bool:
        return not any(watched.tasks.busy(name) for watched in self._watched.values() for name in (SEQUENCE, SETTLE)) \
            and not unreadable() and all(run.state["state"] in ENDED and not webhook.pending(run) for run in all_runs())

    # What the poller tells

    def _poll_seconds(self) -> float:
        policies = [watched.run.spec.get("policy") or {} for watched in self._active()]
        given = [float(policy.get("guard_poll_seconds", 1.0)) for policy in policies]
        return max(0.1, min(given, default=1.0))

    def _noticed(self, trigger: Trigger) -> None:
        # In the poller's own thread: not even the next tick is waited for.
        def late(watched: Watched) -> None:
            if completion.unsaved(watched.run) and watched.run.state["state"] in ENDED:
                watched.tasks.do(LATE, functools.partial(completion.save_late, watched.run, self._session), 0.0)
        for_each(lambda watched: self._begin(watched, trigger), self._active())
        for_each(late, self._all())

    def _told(self, kind: str, message: str, data: Dict[str, Any]) -> None:
        text = message.replace("{id}", self._session.instance_id())
        for_each(lambda watched: watched.run.emit(kind, text, **data), self._active())

    # Every tick

    def _tick(self) -> None:
        if time.monotonic() >= self._reserve_due:
            self._reserve_due = time.monotonic() + RESERVE_SECONDS
            guard_log.keep_short(paths.log())
            disk_reserve.hold()
        if self._unknown:
            with contextlib.suppress(OSError):
                self._introduce()
        for_each(self._look_at, [entry.name for entry in os.scandir(paths.runs()) if is_run_id(entry.name)])
        known = [watched.run for watched in self._watched.values()]
        self._withdrawal.look(known, self._start_again)
        self._exit.look(known)

    def _look_at(self, name: str) -> None:
        """A run that has ended and was settled is left alone until its state changes."""
        known = self._watched.get(name)
        run = known.run if known else Run(name)
        try:
            modified = os.stat(run.file("state.json")).st_mtime_ns
        except OSError:
            return
        if self._settled.get(name) == modified:
            return
        current = run.state
        if not current.get("state"):
            raise ValueError("The state of %s can not be read." % name)
        if current.get("state") in ENDED and not (current.get("record_pending") or completion.unsaved(run)
                                                    or webhook.pending(run)):
            self._settled[name] = modified
        with self._lock:
            watched = known or self._watched.setdefault(name, Watched(run, self._session))
        self._look(watched)

    def _all(self) -> List[Watched]:
        with self._lock:
            return list(self._watched.values())

    def _active(self) -> List[Watched]:
        return [watched for watched in self._all() if watched.run.state.get("state") not in ENDED + (None,)]

    def _look(self, watched: Watched) -> None:
        run = watched.run
        watched.renew()
        state = run.state
        name = state.get("state")
        # What failed is not left alone for long while the end is near.
        near = self._shutdown or self._poller.standing() or watched.tasks.busy(SEQUENCE) or _presses(run)
        longest = NEAR_PAUSE if near else LONGEST_PAUSE
        if webhook.asked_for(run):
            watched.tasks.every(ALERT, ALERT_SECONDS, watched.webhook.look, longest)
        if name in ENDED:
            if state.get("record_pending"):
                watched.tasks.every(SETTLE, 2.0, lambda: completion.settle(run, self._session), longest)
            elif completion.unsaved(run):
                watched.tasks.every(LATE, NEAR_PAUSE if near else UNSAVED_SECONDS,
                              lambda: completion.save_late(run, self._session), longest)
            return
        watched.tasks.every(SHIP, SHIP_SECONDS, lambda: self._ship(run), longest)
        if watched.tasks.busy(SEQUENCE):
            return
        trigger = self._trigger(run)
        if trigger or Journal(run).begun:
            self._begin(watched, trigger or Trigger("interruption", "imds"))
        elif name in PREPARING:
            self._prepare(watched)
        elif watched.leftovers.lives():
            watched.tasks.every(MIRROR, 1.0, watched.mirror.look)
            watched.tasks.every(TRAINERS, LOOK_SECONDS, watched.trainers.look)
        elif watched.leftovers.ended():
            watched.tasks.do(FINISH, lambda: completion.finish(run, self._session))
        elif run.exit() is not None:
            watched.tasks.every(TRAINERS, LOOK_SECONDS, watched.trainers.look)
        elif run.exit() is None:
            # The reaper waits for room to write down the end.
            watched.tasks.every(MIRROR, 1.0, lambda: watched.mirror.look(only_proven=True))

    def _start_again(self, run: Run, act: Callable[[], None]) -> None:
        self._watched[run.id].tasks.do(WITHDRAWN, act)

    def _ship(self, run: Run) -> None:
        if not run.spec.get("store"):
            run_log.note(run)
            return
        Shipper(self._session.s3(run.spec), run).ship()

    def _begin(self, watched: Watched, trigger: Trigger) -> None:
        def act() -> None:
            try:
                Sequence(watched.run, uploads_of(watched.run, self._session), max(1, len(self._active())),
                         watched.trainers).run(trigger)
            except Busy:
                # A command has it, or the ordinary end.
                triggers.note_deadline(watched.run, trigger)
                return
            if watched.run.state["state"] not in ENDED:
                time.sleep(FULL_DISK_SECONDS)
                return
            # The record says "handled" as soon as S3 holds the final event.
            completion.settle(watched.run, self._session)
        if watched.tasks.busy(SEQUENCE):
            triggers.note_deadline(watched.run, trigger)
        watched.tasks.do(SEQUENCE, act, NEAR_PAUSE)

    def _trigger(self, run: Run) -> Optional[Trigger]:
        """Why this run is to be interrupted now, if it is."""
        if self._shutdown:
            return self._shutdown
        asked = files.read_json(run.file("request.json"))
        if asked and asked.get("attempt") == run.state.get("attempt"):
            return of_request(asked)
        return self._poller.standing()

    # Starting

    def _prepare(self, watched: Watched) -> None:
        if watched.starter and watched.starter.poll() is None:
            return
        run = watched.run
        if run.starter_alive():
            return
        attempt = run.state.get("attempt")
        if watched.starters.get(attempt, 0) >= MOST_STARTERS:
            run.emit("TrainingFailed", "Training failed: its start died repeatedly", exit_code=None, last_step=None,
                     checkpoint=None)
            run.update(state="failed", ended=utc_text(), record_pending=True,
                       error={"id": "StartFailed", "message": "The start was given up after it had died repeatedly."})
            return
        watched.starters[attempt] = watched.starters.get(attempt, 0) + 1
        watched.starter = start_starter(run.id)


def _presses(run: Run) -> bool:
    """Whether an interruption with a deadline has begun, also one that the metadata do not show, and is not settled yet."""
    state, begun = run.state, Journal(run).get("begin")
    return begun is not None and begun["deadline"] is not None \
        and (state.get("state") not in ENDED or bool(state.get("record_pending")))


def main() -> int:
    sys.setswitchinterval(0.005)
    return Guard().main()
