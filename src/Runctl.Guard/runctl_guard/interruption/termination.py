"""The end of a training's processes: SIGTERM once to those who do the work, a wait for all of them, SIGKILL for the rest."""
import signal
import time
from typing import Any, Dict, List, Optional

from ..checkpoints import selection
from ..runs.journal import seconds_since
from ..runs.target import ProcessTarget
from ..system import processes
from . import budget
from .interruption import Interruption

# A script whose programs have ended may be at its last lines.
LAST_LINES_SECONDS = 2.0
# Between two looks at the training: so long only where we stood still, and the training with us.
STILL_SECONDS = 5.0


class Termination:
    def __init__(self, interruption: Interruption, target: ProcessTarget) -> None:
        self._interruption, self._target = interruption, target
        self._run, self._journal = interruption.run, interruption.journal
        # Seconds from the first signal to the kill.
        self._limit = 0.0
        self._shells_alone: Optional[float] = None

    def signal(self) -> None:
        """To nobody who was signalled before, by whomever: a second SIGTERM in the middle of a save corrupts it."""
        if self._journal.get("signal"):
            return
        members = self._target.members()
        if not members:
            return
        chosen = self._target.to_signal(members)
        seconds = self._grace()
        self._send(chosen, members, grace=seconds)
        self._interruption.emit(
            "TrainingSignalled",
            "Training detected on instance %s, attempting graceful shutdown..." % self._interruption.instance,
            pids=[process.pid for process in chosen], signal="SIGTERM", grace_seconds=round(seconds, 3),
            last_step=self._run.last_step())

    def _send(self, chosen: List[processes.Process], members: Dict[int, processes.Process], **data: Any) -> None:
        doomed = {pid: process for pid, process in members.items() if processes.dies_of(process, signal.SIGTERM)}
        # Who is chosen may pass the signal on to the others.
        ours = {process.pid: doomed.pop(process.pid) for process in chosen if process.pid in doomed}
        self._journal.write("signal", processes=[process.identity() for process in chosen],
                            unfinished=selection.unfinished(self._run, ours),
                            endangered=selection.unfinished(self._run, doomed), **data)
        for process in chosen:
            processes.send(process, signal.SIGTERM)

    def _grace(self) -> float:
        policy = self._interruption.began.get("grace")
        if policy is None:
            policy = float(self._run.spec["policy"].get("grace_seconds", 90.0))
        upload = 0.0
        if self._run.spec.get("store"):
            upload = budget.upload_seconds(selection.expected_size(self._run), self._interruption.rate)
        return budget.grace(policy, self._interruption.left(), upload, self._run.state.get("last_save_seconds"))

    def wait(self) -> None:
        """Until nobody is left, or grace is over."""
        signalled = self._journal.all("signal")
        if not signalled or self._journal.get("exited") or self._journal.get("kill"):
            return
        first, pause = signalled[0], 0.02
        self._limit = first["grace"]
        before = seconds_since(first)
        while True:
            members = self._target.members()
            if not members:
                return self._exited(first)
            if self._interruption.adopt_nearer_deadline():
                self._limit = min(self._limit, seconds_since(first) + self._grace())
            now = seconds_since(first)
            if now - before >= STILL_SECONDS:
                # Hibernated, or paused: on a clock that ran on, that was no time to save in.
                self._limit = min(self._limit + now - before, now + self._grace())
                self._shells_alone = None
            before = now
            if now >= self._limit:
                return
            late = self._target.later_to_signal(members, self._journal.signalled())
            if late and self._goes_on(late):
                self._send(late, members)
            time.sleep(pause)
            pause = min(0.1, pause * 1.5)

    def _goes_on(self, late: List[processes.Process]) -> bool:
        """Whether a script has started something else, or does not end by itself within a moment."""
        if not all(processes.is_shell(process) for process in late):
            return True
        now = time.monotonic()
        self._shells_alone = self._shells_alone or now
        return now - self._shells_alone >= LAST_LINES_SECONDS

    def _exited(self, first: Dict[str, Any]) -> None:
        ended = self._await_exit()
        seconds = seconds_since(first)
        code = ended.get("exit_code")
        self._journal.write("exited", exit_code=code, seconds=seconds)
        self._interruption.emit("TrainingExited", "Training exited with code %s, %.1f s after the signal"
                       % ("unknown" if code is None else code, seconds),
                       exit_code=code, signal=ended.get("signal"), seconds=round(seconds, 3),
                       last_step=self._run.last_step())

    def _await_exit(self) -> Dict[str, Any]:
        """What the reaper wrote; it does so a moment after the process is gone."""
        end = time.monotonic() + 1.0
        while self._run.exit() is None and time.monotonic() < end:
            training = self._run.training()
            if not training or not processes.find(training.get("reaper")):
                break
            time.sleep(0.01)
        return self._run.exit() or {}

    def kill(self) -> None:
        """The whole set, whoever is left of it."""
        if self._journal.get("exited"):
            return
        members = self._target.members()
        if not members:
            return
        self._journal.write("kill", pids=sorted(members), unfinished=selection.unfinished(self._run, members))
        pids = self._target.kill()
        grace = round(self._limit, 1)
        self._interruption.emit("TrainingKilled", "Training did not stop within %g s and was killed" % grace, pids=pids)
        self._await_exit()
