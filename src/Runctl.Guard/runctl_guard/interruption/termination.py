"""The end of a training's processes: each trainer is told once, the rest after them, SIGKILL for what is left after grace."""
import signal
import time
from typing import Any, Dict, FrozenSet, List

from ..checkpoints.uploads import Uploads
from ..checkpoints.watch import CheckpointWatch
from ..runs.journal import Journal, seconds_since
from ..system import interpreter, processes
from ..system.command_lines import shown
from ..system.guard_log import best_effort
from . import budget
from .facts import Key
from .interruption import Interruption
from .pick import expected_save
from .teller import Teller, grouped, trainers_told
from .telling import NOW, TRAINER, Decision
from .trainer_watch import TrainerWatch

# Between two looks at the training: so long only where the guard stood still, and the training with it.
STILL_SECONDS = 5.0
# Between two decisions while nothing has ended.
DECIDE_SECONDS = 0.25

# Times of files are a little behind the clock.
FILE_CLOCK = 0.005


def note_cut(watch: CheckpointWatch, journal: Journal) -> None:
    """What is written from now on is a save of its own: the training has been told."""
    if journal.get("cut") is None:
        first = journal.first("signal")
        watch.cut_here(told=first["at"] - FILE_CLOCK if first else None)
        journal.write("cut", seen=watch.seen.time)


class Termination:
    def __init__(self, interruption: Interruption, watch: TrainerWatch, uploads: Uploads) -> None:
        self._interruption, self._watch, self._target, self._uploads = interruption, watch, watch.target, uploads
        self._run, self._journal = interruption.run, interruption.journal
        self._teller = Teller(self._run, self._journal, watch)
        # Seconds from the first signal to the kill.
        self._limit = 0.0

    def signal(self) -> None:
        """Before anything is scanned: grace, which needs the sizes of checkpoints, is worked out afterwards."""
        if self._journal.get("signal"):
            return
        policy = self._policy()
        with interpreter.hurried():
            members = self._target.members()
            if not members:
                return
            decisions = self._teller.round(members, budget.grace(policy, self._interruption.left(), 0.0, None), first=True)
        watch = self._uploads.checkpoints.watch
        note_cut(watch, self._journal)
        best_effort(watch.look)
        seconds = self._grace()
        self._journal.write("grace", seconds=seconds)
        told = [one for one in decisions if one.act == NOW]
        self._interruption.emit(
            "TrainingSignalled",
            "Training detected on instance %s, attempting graceful shutdown..." % self._interruption.instance,
            pids=[one.fact.pid for one in told], signal=processes.signal_name(self._teller.settings.signal),
            grace_seconds=round(seconds, 3), last_step=self._run.last_step(), processes=self._data(told),
            others=grouped([one for one in decisions if one.act != NOW and one.role == TRAINER]))

    def _data(self, told: List[Decision]) -> List[Dict[str, Any]]:
        return [{"pid": one.fact.pid, "command": shown(one.fact.argv), "role": one.role, "reason": one.reason,
                 "handles": one.fact.handles(self._teller.settings.signal)} for one in told]

    def _policy(self) -> float:
        policy = self._interruption.began.get("grace")
        return float(self._run.spec["policy"].get("grace_seconds", 90.0)) if policy is None else policy

    def _grace(self) -> float:
        upload = 0.0
        if self._run.spec.get("store"):
            size, files = expected_save(self._uploads)
            upload = budget.upload_seconds(size, self._interruption.rate, files)
        return budget.grace(self._policy(), self._interruption.left(), upload, self._run.state.get("last_save_seconds"))

    def wait(self) -> None:
        """Until no process is left, or grace is over."""
        first = self._journal.first("signal")
        if not first or self._journal.get("exited") or self._journal.get("kill"):
            return
        pause = 0.02
        granted = self._journal.get("grace")
        self._limit = granted["seconds"] if granted else first.get("grace") or self._grace()
        before, decided = seconds_since(first), 0.0
        present: FrozenSet[Key] = frozenset()
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
            before = now
            if now >= self._limit:
                return
            living = frozenset((one.pid, one.start) for one in members.values())
            if living != present or now - decided >= DECIDE_SECONDS:
                present, decided = living, now
                if self._teller.asks_for_saves:
                    self._watch.observed = self._watch.observe()
                self._teller.round(members, self._limit - now)
            time.sleep(pause)
            pause = min(0.1, pause * 1.5)

    def _exited(self, first: Dict[str, Any]) -> None:
        ended = self._await_exit()
        seconds = seconds_since(first)
        code = ended.get("exit_code")
        self._journal.write("exited", exit_code=code, seconds=seconds)
        self._interruption.emit("TrainingExited", "Training exited with code %s, %.1f s after the signal"
                       % ("unknown" if code is None else code, seconds),
                       exit_code=code, signal=ended.get("signal"), seconds=round(seconds, 3),
                       last_step=self._run.last_step(), trainers=trainers_told(self._journal))

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
        """The whole set, as much of it as is left."""
        if self._journal.get("exited"):
            return
        members = self._target.members()
        if not members:
            return
        for process in members.values():
            # What they are writing stays what it is until it is read and written down.
            processes.send(process, signal.SIGSTOP)
        # What they closed since the last look is whole, and the kill cuts nothing of it off.
        best_effort(lambda: self._uploads.checkpoints.watch.look(whole=True))
        self._journal.write("kill", pids=sorted(members), unfinished=self._teller.unfinished(members))
        pids = self._target.kill()
        grace = round(self._limit, 1)
        self._interruption.emit("TrainingKilled", "Training did not stop within %g s and was killed" % grace, pids=pids,
                       trainers=trainers_told(self._journal))
        self._await_exit()
