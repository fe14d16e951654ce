"""The guard process: its signals, the metadata service's notices, and a look at every run of the instance at each tick."""
import contextlib
import os
import select
import signal
import threading
import time
from typing import Any, Callable, Dict, List, Optional, Set

from ..aws.session import Session
from ..interruption import triggers
from ..interruption.notice_poller import Poller
from ..interruption.triggers import Trigger
from ..interruption.withdrawal import Withdrawal
from ..runs import webhook
from ..runs.registry import all_runs, close_home, unreadable
from ..runs.run import ENDED, Run, is_run_id
from ..service.guard_process import LEFT, guard_file
from ..service.systemd import has_systemd, restarting
from ..system import disk_reserve, files, guard_log, interpreter, paths, processes
from ..system.clock import utc_text
from ..system.guard_log import best_effort, for_each, log_exception
from . import completion
from .self_termination import SelfTermination
from .supervisor import RunSupervisor
from .tasks import SEQUENCE, SETTLE, WITHDRAWN

TICK_SECONDS = 0.25
RESERVE_SECONDS = 60.0


class Guard:
    def __init__(self) -> None:
        self._session = Session()
        self._supervisors: Dict[str, RunSupervisor] = {}
        self._settled: Dict[str, float] = {}
        # Their handlers do no more than this: what takes a lock there waits for ever for the thread it interrupted.
        self._signals: Set[int] = set()
        self._lock = threading.Lock()
        # The exit code of a guard that leaves the trainings to the next one.
        self._leaving: Optional[int] = None
        # Whether guard.json is still to be written.
        self._unknown = False
        self._reserve_due = 0.0
        self._shutdown: Optional[Trigger] = None
        # A notice that was seen before the runs were looked at for the first time.
        self._early: Optional[Trigger] = None
        self._looked = False
        self._poller = Poller(self._session.imds, self._noticed, self._told)
        self._withdrawal = Withdrawal(self._session)
        self._exit = SelfTermination()

    def main(self) -> int:
        files.make_folder(paths.runs())
        close_home()
        lock = files.take_lock(os.path.join(paths.home(), "guard.lock"), wait=False)
        if lock is None:
            return LEFT
        awake = self._take_signals()
        for folder in [paths.home()] + [run.directory for run in all_runs()]:
            best_effort(lambda: files.remove_abandoned(folder))
        # The id is asked for once, and before there is a deadline.
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
        """Writes guard.json, by which commands find the guard. On a full disk the guard works without it, and tries again."""
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
        return any(supervisor.tasks.busy(SEQUENCE) for supervisor in self._supervisors.values())

    def _all_handled(self) -> bool:
        busy = any(supervisor.tasks.busy(task) for supervisor in self._supervisors.values() for task in (SEQUENCE, SETTLE))
        return not busy and not unreadable() \
            and all(run.state["state"] in ENDED and not webhook.pending(run) for run in all_runs())

    # What the poller tells

    def _poll_seconds(self) -> float:
        policies = [supervisor.run.spec.get("policy") or {} for supervisor in self._active()]
        given = [float(policy.get("guard_poll_seconds", 1.0)) for policy in policies]
        return max(0.1, min(given, default=1.0))

    def _noticed(self, trigger: Trigger) -> None:
        # In the poller's own thread: not even the next tick is waited for.
        with self._lock:
            self._early = None if self._looked else trigger
        self._begin(trigger)
        for_each(lambda supervisor: supervisor.save_late_at_once(), self._all())

    def _begin(self, trigger: Trigger) -> None:
        for_each(lambda supervisor: supervisor.begin(trigger), self._active())

    def _told(self, kind: str, message: str, data: Dict[str, Any]) -> None:
        text = message.replace("{id}", self._session.instance_id())
        for_each(lambda supervisor: supervisor.run.emit(kind, text, **data), self._active())

    # Every tick

    def _tick(self) -> None:
        if time.monotonic() >= self._reserve_due:
            self._reserve_due = time.monotonic() + RESERVE_SECONDS
            guard_log.keep_short(paths.log())
            disk_reserve.hold()
        if self._unknown:
            with contextlib.suppress(OSError):
                self._introduce()
        for_each(self._look_at, [name for name in files.names(paths.runs()) if is_run_id(name)])
        with self._lock:
            early, self._early, self._looked = self._early, None, True
        if early:
            self._begin(early)
        known = [supervisor.run for supervisor in self._supervisors.values()]
        self._withdrawal.look(known, self._start_again)
        self._exit.look(known)
        if not self._in_sequence():
            interpreter.collect()

    def _look_at(self, name: str) -> None:
        """A run that has ended and was settled is left alone until its state changes."""
        known = self._supervisors.get(name)
        run = known.run if known else Run(name)
        try:
            modified = os.stat(run.file("state.json")).st_mtime_ns
        except OSError:
            return
        if self._settled.get(name) == modified:
            return
        current = run.state
        if not current.get("state"):
            raise ValueError("The state of %s cannot be read." % name)
        if current.get("state") in ENDED and not (current.get("record_pending") or completion.unsaved(run)
                                                    or webhook.pending(run)):
            self._settled[name] = modified
        with self._lock:
            known = self._supervisors.setdefault(
                name, known or RunSupervisor(run, self._session, lambda: len(self._active())))
        known.look(self._shutdown, self._poller.standing())

    def _all(self) -> List[RunSupervisor]:
        with self._lock:
            return list(self._supervisors.values())

    def _active(self) -> List[RunSupervisor]:
        return [supervisor for supervisor in self._all() if supervisor.active()]

    def _start_again(self, run: Run, act: Callable[[], None]) -> None:
        self._supervisors[run.id].tasks.do(WITHDRAWN, act)


def main() -> int:
    interpreter.prepare()
    return Guard().main()
