"""Watches what the processes of a run do while it trains: a notice leaves no time to find the trainers."""
import collections
import math
import os
import time
from typing import Deque, Dict, FrozenSet, List, Optional, Set, Tuple

from ..runs.run import Run
from ..runs.target import ProcessTarget
from ..system import files, processes
from ..system.processes import Process
from .facts import Fact, Facts, Key
from .observed import CheckpointLook, Observed
from .rehearsal import Rehearsal
from .telling import stop_settings
from .trainers import Trainers, trainers

LOOK_SECONDS = 1.0
# A look may cost one hundredth of the time to the next.
SHARE = 100
MINUTE, LATELY = 60.0, 10.0
# A process this old was not started to copy one checkpoint.
OLD_SECONDS = 60.0


class _Seen:
    """What is known of one process from the looks so far."""

    def __init__(self) -> None:
        self.name = ""
        self.image: Tuple[str, ...] = ()
        self.argv: Tuple[str, ...] = ()
        self.shell = self.piped = self.accelerator = self.reports = False
        self.parent = 0
        self.cpu: Deque[Tuple[float, float]] = collections.deque()
        # What it has written by itself, of the last looks.
        self.written: Deque[int] = collections.deque(maxlen=3)
        self._total, self._of_threads = 0, 0
        # Its count, that of children included, at the look before the last.
        self.before = 0
        # Bytes a look while nothing was saved, looks with a save, those in which it wrote enough, and whether it lives on.
        self.usual = 0.0
        self.chances = self.credits = 0
        self.credited = self.lived_on = False

    @property
    def saves(self) -> bool:
        return self.lived_on and self.credits * 2 >= self.chances

    def wrote(self, process: Process, has_children: bool, lost: Optional[int]) -> int:
        """The kernel counts what a child wrote as written by its parent once the parent has waited for it. The threads of the
        parent, which cost more to read, say then what it wrote itself. `lost`: what the children wrote that it has waited for,
        as of their looks; None without any. Returns what they wrote since."""
        pid, total = process.pid, processes.bytes_written(process.pid)
        if not self.written and processes.age(process) > LATELY:
            # Of an old one that is new to this guard it is not known when and by which child.
            self._total = total
        of_threads = processes.bytes_written_by_threads(pid) if has_children or lost is not None else 0
        change = max(0, total - self._total)
        own = change if lost is None else max(0, min(change, of_threads - self._of_threads))
        self.written.append((self.written[-1] if self.written else 0) + own)
        self.before, self._total, self._of_threads = self._total, total, of_threads
        return max(0, change - own - (lost or 0))

    def cpu_within(self, seconds: float) -> float:
        since = self.cpu[-1][0] - seconds
        return self.cpu[-1][1] - next(cpu for at, cpu in self.cpu if at >= since)


class TrainerWatch:
    def __init__(self, run: Run, target: ProcessTarget, observe: CheckpointLook) -> None:
        self._run, self.target = run, target
        self.observe = observe
        self.observed = Observed()
        self.found = Trainers({}, False)
        self._seen: Dict[Key, _Seen] = {}
        self._rehearsal = Rehearsal(run)
        self._due = 0.0
        self._looks = -1
        # What has ended since the last time that bytes were compared, or was not waited for yet, with its parent and its bytes.
        self._ended: Dict[Key, Tuple[int, int]] = {}
        self._zombies: Set[Key] = set()
        self._kept = self._load()

    def look(self) -> None:
        """On the guard's clock. What it finds is kept for a successor and for the notice."""
        began = time.monotonic()
        if began < self._due:
            return
        self.observed = self.observe()
        uid = self._run.state.get("uid")
        # A user can hand a descriptor to a service of the machine, which root would end then.
        self.target.add(key for key in self.observed.writers if uid is None or processes.acts_for(key[0], uid))
        members = self.target.members()
        self._sample(members, began)
        facts = self.facts(members)
        self.found = trainers(facts, stop_settings(self._run.spec).signal)
        self._keep(members)
        self._rehearsal.look(facts, self.found)
        self._due = began + max(LOOK_SECONDS, SHARE * (time.monotonic() - began))

    def recall(self) -> None:
        """A guard that has not looked yet goes on from what the one before it saw of the saves."""
        if not self.observed.looks:
            self.observed = self.observe.so_far()

    def facts(self, members: Dict[int, Process], writing: bool = False) -> Facts:
        """Signal masks are read now, the rest is as of the last look. With `writing`, open checkpoint files are read too."""
        found = {}
        for pid, process in members.items():
            seen = self._of(process)
            signals = processes.signals(pid)
            files_open = tuple(self.observed.writing.get(pid, ())) or (tuple(self.open_checkpoints(pid)) if writing else ())
            found[pid] = Fact(
                pid, process.start, process.parent, seen.argv, process.session, signals.inner, signals.caught,
                signals.ignored, signals.blocked, self._cpu(process, seen, MINUTE), self._cpu(process, seen, LATELY),
                seen.accelerator, seen.saves or (pid, process.start) in self._kept, seen.reports, files_open, seen.shell,
                seen.piped)
        return found

    def open_checkpoints(self, pid: int) -> List[str]:
        """Files below the checkpoint directory that the process has open for writing, logs not counted."""
        directory = self._run.state["checkpoint_dir"]
        real = os.path.join(self.observe.real_directory(), "")
        return [os.path.join(directory, path[len(real):]) for number, path in processes.descriptors(pid).items()
                if path.startswith(real) and self.observe.counts(path[len(real):]) and processes.is_writing(pid, number)]

    def alive(self) -> bool:
        """Whether a process lives that was seen to train: the main process may have left it in the background."""
        if self._kept:
            return any(_lives(key) for key in self._kept)
        return any(_lives(key) and (self.found.seen or self._works(key)) for key in self.found.reasons)

    def _works(self, key: Key) -> bool:
        """Enough to keep a run alive whose main process has ended."""
        seen = self._seen.get(key)
        return seen is not None and (seen.accelerator or len(seen.cpu) > 1 and seen.cpu_within(LATELY) >= LATELY / 10)

    # Looks

    def _of(self, process: Process) -> _Seen:
        seen = self._seen.setdefault((process.pid, process.start), _Seen())
        if (seen.name, seen.image) != (process.name, process.image) or not seen.argv:
            # New, or it executes another program now, which may have the same name.
            seen.name, seen.image = process.name, process.image
            seen.argv = tuple(processes.arguments(process.pid)) or (process.name,)
            seen.shell = processes.is_shell(process)
            seen.piped = _stdin(process.pid).startswith("pipe:")
        seen.parent = process.parent
        return seen

    def _cpu(self, process: Process, seen: _Seen, seconds: float) -> float:
        if seen.cpu:
            return seen.cpu_within(seconds)
        return process.cpu * min(1.0, seconds / max(1.0, processes.age(process)))

    def _sample(self, members: Dict[int, Process], now: float) -> None:
        living = {key: seen for key, seen in list(self._seen.items()) if key[0] in members and members[key[0]].start == key[1]}
        self._ended.update((key, (seen.parent, seen.before)) for key, seen in list(self._seen.items()) if key not in living)
        self._seen = living
        progress = os.path.realpath(self._run.shared_file("progress"))
        for process in members.values():
            seen = self._of(process)
            if not seen.cpu:
                age = processes.age(process)
                # As if it had worked evenly until now.
                seen.cpu.append((now - min(age, MINUTE), process.cpu * (1 - min(1.0, MINUTE / max(age, 0.01)))))
            seen.cpu.append((now, process.cpu))
            while seen.cpu[0][0] < now - MINUTE - LOOK_SECONDS:
                seen.cpu.popleft()
            opened = processes.descriptors(process.pid)
            seen.accelerator = seen.accelerator or any(processes.ACCELERATORS.match(path) for path in opened.values())
            seen.reports = any(path == progress and processes.is_writing(process.pid, number)
                               for number, path in opened.items())
        for key, seen in list(self._seen.items()):
            if seen.credited and not seen.lived_on and not (self.observed.writing.get(key[0]) or self.open_checkpoints(key[0])):
                # It has lived on after its save, so it was not started for it, as a copy is.
                seen.lived_on = True
        # What was written is compared with what was saved, so over the same time.
        if self.observed.looks != self._looks:
            self._looks = self.observed.looks
            self._credit(members, self._compare(members))

    def _compare(self, members: Dict[int, Process]) -> float:
        """What each has written by now. Returns what those may have written that have ended since the look before."""
        parents, lost, by_ended = {process.parent for process in members.values()}, {}, 0.0
        zombies, self._zombies = self._zombies, set()
        for key, (parent, known) in list(self._ended.items()):
            process = processes.read(key[0])
            if process is not None and process.start == key[1]:
                # Its parent has not waited for it, and does not have its bytes yet.
                self._zombies.add(key)
                parents.add(process.parent)
                self._ended[key] = process.parent, known
            else:
                lost[parent] = lost.get(parent, 0) + known
                del self._ended[key]
        if self._zombies - zombies or not lost.keys() <= members.keys():
            by_ended = math.inf
        for process in members.values():
            by_ended += self._of(process).wrote(process, process.pid in parents, lost.get(process.pid))
        return by_ended

    def _credit(self, members: Dict[int, Process], by_ended: float) -> None:
        """The writers of what was saved since the look before: those whose bytes written, beyond the usual, account for it."""
        observed, gained = self.observed, {}
        for key, seen in list(self._seen.items()):
            looks = len(seen.written) - 1
            gained[key] = 0.0 if seen.shell else max(
                0.0, seen.written[-1] - (seen.written[0] if looks else 0) - seen.usual * max(1, looks))
        most = max(gained.values(), default=0.0)
        # The writer may be one that has ended. Then the one that wrote most of the others is none yet.
        bar = max(1.0, observed.written / 2 if by_ended * 2 >= observed.written else min(most / 4, observed.written / 2))
        for key, seen in list(self._seen.items()):
            if observed.written:
                seen.chances += 1
                wrote = gained[key] >= bar and seen.usual <= observed.written
                if wrote or key in observed.writers:
                    seen.credits += 1
                    seen.credited = True
                    seen.lived_on = seen.lived_on or processes.age(members[key[0]]) > OLD_SECONDS
            elif len(seen.written) > 1:
                seen.usual += (seen.written[-1] - seen.written[-2] - seen.usual) / 4

    # Kept for a successor

    def _load(self) -> FrozenSet[Key]:
        kept = files.read_json(self._run.file("trainers.json")) or {}
        if kept.get("attempt") != self._run.state.get("attempt"):
            return frozenset()
        living = [processes.find(identity) for identity in kept.get("processes", ())]
        return frozenset((process.pid, process.start) for process in living if process)

    def _keep(self, members: Dict[int, Process]) -> None:
        seen = frozenset(key for key, seen in list(self._seen.items()) if seen.saves) | \
            frozenset(key for key in self._kept if key in self._seen)
        if self.found.seen and seen != self._kept:
            self._kept = seen
            files.write_json(self._run.file("trainers.json"), {
                "schema": 1, "attempt": self._run.state["attempt"],
                "processes": [members[pid].identity() for pid, _ in sorted(seen)]})


def _lives(key: Key) -> bool:
    process = processes.read(key[0])
    return process is not None and processes.alive(process) and process.start == key[1]


def _stdin(pid: int) -> str:
    try:
        return os.readlink("/proc/%d/fd/0" % pid)
    except OSError:
        return ""
