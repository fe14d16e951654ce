"""Watches the checkpoint directory of one run. What it saw is written down look by look, so that a successor goes on from it."""
import json
import threading
import time
from typing import Any, Dict, Iterable, List, Optional, Set, Tuple

from ..runs import spec
from ..runs.run import Run
from ..system import files
from ..system.clock import boot_id
from ..system.guard_log import best_effort
from ..system.users import User
from .kinds import WEIGHT_KINDS
from .looks import Entry, Inode, Look
from .names import Settings
from .observation import QUIET_SECONDS, SETTLE_SECONDS, Observation
from .scan import Scan, Scanner
from .writers import open_for_writing

# A little less than the second between two turns of the guard, so that each turn makes a look.
LOOK_SECONDS = 0.8
# A look may cost one hundredth of the time to the next.
SHARE = 100.0
# Between two times that every process of the machine is asked while a save goes on.
EVERYBODY_SECONDS = 10.0
MOST_WRITERS = 64
# After so many bytes of looks the whole is written down again.
JOURNAL_BYTES = 256 << 10


class CheckpointWatch:
    def __init__(self, run: Run) -> None:
        self.run, self._keep = run, True
        self.directory: str = run.state["checkpoint_dir"]
        self.user: Optional[User] = spec.run_user(run)
        # A look may wait for a file; those that ask what was seen do not wait for the look.
        self.lock, self._looking = threading.RLock(), threading.RLock()
        self.seen = Observation(settings_of(run.spec))
        # Processes by pid and start that were seen to write weight files, and what each writes now.
        self.writing: Dict[int, Set[str]] = {}
        self._scanner = Scanner(self.directory, self.user, float(run.state.get("started_at") or 0.0))
        self._attempt: Any = None
        self._due = self._offset = self._everybody_due = 0.0
        self._writers: Set[int] = set()
        self._cost = 0.0
        self._first = True
        self._journal_size = self._whole_size = self._number = 0

    # The attempt

    def begin(self, restored: Iterable[str] = ()) -> None:
        """Notes what is there right before the training starts: it is not its own, whatever the clocks say."""
        with self._looking:
            scan = self._scanner.scan(whole=True)
            with self.lock:
                self._attempt = self.run.state["attempt"]
                self.seen = Observation(settings_of(self.run.spec))
                self.seen.begin(scan.changed, time.monotonic(), restored)
                self._write_whole()

    def load(self) -> None:
        """What was seen so far, without a look."""
        if self._attempt != self.run.state.get("attempt"):
            with self._looking, self.lock:
                self._load()

    def recall(self) -> None:
        """What a guard before this one saw. Where that left nothing it does not scan: a signal may wait."""
        if self._attempt == self.run.state.get("attempt"):
            return
        if (files.read_json(self.run.file("observation.json")) or {}).get("attempt") == self.run.state.get("attempt"):
            self.load()

    def _load(self) -> None:
        attempt = self.run.state.get("attempt")
        if self._attempt == attempt:
            return
        self._attempt, settings = attempt, settings_of(self.run.spec)
        kept = files.read_json(self.run.file("observation.json")) or {}
        if kept.get("attempt") != attempt:
            # No list of what was there when it began: files written since then are its own.
            began = float(self.run.state.get("started_at") or float("inf"))
            self.seen = Observation(settings)
            self.seen.begin(self._scanner.scan(whole=True).changed, self._now(),
                            ours=lambda path, entry: entry.mtime_ns >= began * 1e9)
            return
        self.seen = Observation.from_state(kept["state"], settings)
        offset = float(kept.get("offset") or 0.0)
        for line in files.read_lines(self.run.file("looks.jsonl")):
            if line.get("number") == kept.get("number"):
                self.seen.see(_look_from(line))
                offset = line["offset"]
        # Another boot has another monotonic clock: this one goes on after the last look.
        self._offset = offset if kept.get("boot_id") == boot_id() else self.seen.time + LOOK_SECONDS - time.monotonic()
        self._whole_size, self._number = files.size(self.run.file("observation.json")), kept.get("number") or 0

    def _now(self) -> float:
        return time.monotonic() + self._offset

    # Looking

    def left_out(self) -> Dict[str, str]:
        """What is in the directory and no part of checkpoints, with the reason."""
        with self.lock:
            found = self.unkept()
            for path, record in self.seen.files.items():
                if record.type == "file" and record.origin == "new" and not self.seen.belongs(path):
                    found[path] = "its name says that it is not finished, or a setting excludes it"
            if any(record.origin == "before" and record.type != "dir" for record in self.seen.files.values()):
                found["(older files)"] = "they were there before this attempt"
            return found

    def unkept(self) -> Dict[str, str]:
        """What the guard cannot read or follow, with the reason."""
        return dict(self._scanner.left_out)

    def real_directory(self) -> str:
        """Where the directory was at the last look, without links."""
        return self._scanner.real

    def has_looked(self) -> bool:
        """Whether this process, or one before it, has looked at the directory in this attempt."""
        self.load()
        with self.lock:
            return self.seen.looks > 0

    def due(self) -> bool:
        return time.monotonic() >= self._due

    def look(self, whole: bool = False, alive: bool = True, killed: bool = False, final: bool = False) -> bool:
        """One look, unless the last one was so costly that it is not due yet; `whole` looks at every file at once."""
        with self._looking:
            if not (whole or final) and not self.due():
                return False
            began = time.monotonic()
            self.load()
            scan = self._scanner.scan(whole=whole or final or self._first)
            self._take(scan, began, whole, alive, killed, final)
            return True

    def _take(self, scan: Scan, began: float, whole: bool, alive: bool, killed: bool, final: bool) -> None:
        with self.lock:
            cpu = time.thread_time()
            changed = self._scanner.entries if self._first else scan.changed
            gone = None if self._first else scan.gone
            self._first = False
            look = Look(self._now(), changed, gone, self._writing(changed, alive, whole), alive, killed, self.run.last_step(), final)
            before = self.seen.current, self.seen.number
            self.seen.see(look)
            if changed or gone or before != (self.seen.current, self.seen.number) or self.seen.current is not None:
                self._write_down(look)
            # One costly look, as one that asks every process, counts over several.
            self._cost += (scan.seconds + time.thread_time() - cpu - self._cost) / 4
            self._due = began + max(LOOK_SECONDS, SHARE * self._cost)

    def cut_here(self, quiet: float = QUIET_SECONDS, told: Optional[float] = None) -> None:
        """What is written from now on, as after a signal at the time `told`, is another save, if nothing was written for `quiet`
        seconds."""
        self.load()
        with self.lock:
            self.seen.told = None if told is None else int(told * 1e9)
            self.seen.cut_here(self._now(), quiet)
            self._write_whole()

    def only_look(self) -> None:
        """Writes nothing down from now on: a guard beside this process does."""
        self._keep = False

    def note_death(self, sudden: bool, cut: Dict[str, float]) -> None:
        """`cut`: files that were being written at the end, with the time until which their writer can have changed them."""
        with self.lock:
            if self.seen.died is not None:
                self.seen.died["sudden"] = sudden
                for path, until in cut.items():
                    record = self.seen.files.get(path)
                    if record is not None and record.mtime_ns <= until * 1e9:
                        record.cut = True
                self._write_whole()

    def _writing(self, changed: Dict[str, Entry], alive: bool, whole: bool) -> Optional[List[Inode]]:
        """Only a save in progress makes it worth to ask every process of the machine."""
        fresh = {(entry.dev, entry.ino) for entry in changed.values() if entry.type == "file"}
        if not alive or not (fresh or self.seen.current is not None or self.seen.has_open()):
            self.writing = {}
            return [] if not alive else None
        now, current = self._now(), self.seen.current
        # Known writers are asked at every look; every process of the machine now and then, and before a save is called over.
        over = current is not None and not fresh and now - current.last >= SETTLE_SECONDS
        everybody = whole or over or now >= self._everybody_due
        if everybody:
            self._everybody_due = now + EVERYBODY_SECONDS
        wanted = _Either(fresh, self.seen.inodes())
        found = {} if everybody else open_for_writing(wanted, self._writers)
        weights = self._fresh_weights(changed)
        if not everybody and weights.keys() - found.keys():
            # A file of a process that is not known yet would count as closed, and as written again at the next look.
            everybody = True
            self._everybody_due = now + EVERYBODY_SECONDS
        if everybody:
            found = open_for_writing(wanted, maps=over)
        closed = {path: changed[path] for inode, path in weights.items() if inode not in found}
        # What changed was closed after the look, and its last bytes were not seen.
        found.update(((changed[path].dev, changed[path].ino), set()) for path in self._scanner.changed_since(closed))
        self._writers = {pid for pids in found.values() for pid in pids} | set(sorted(self._writers)[-MOST_WRITERS:])
        self.writing = {}
        for inode, pids in found.items():
            for pid in pids:
                self.writing.setdefault(pid, set()).update(self.seen.inodes().get(inode, ()))
        return sorted(found)

    def _fresh_weights(self, changed: Dict[str, Entry]) -> Dict[Inode, str]:
        """New versions of what may be a weight file, an empty one that was only begun too."""
        return {(entry.dev, entry.ino): path for path, entry in changed.items()
                if entry.type == "file" and (entry.kind in WEIGHT_KINDS or entry.kind in ("binary", "empty", "database"))
                and not (path in self.seen.files and self.seen.is_running(path))}

    # Written down

    def _write_down(self, look: Look) -> None:
        if not self._keep:
            return
        if self._whole_size == 0 or self._journal_size > max(JOURNAL_BYTES, self._whole_size):
            self._write_whole()
            return
        line = json.dumps(dict(_look_to(look), number=self._number, offset=self._offset), separators=(",", ":")) + "\n"
        self._journal_size += len(line)
        # Not synced: a look that is lost is one that was not made.
        best_effort(lambda: _write(self.run.file("looks.jsonl"), "ab", line.encode("ascii")))

    def _write_whole(self) -> None:
        if not self._keep:
            return
        self._number = time.time_ns()
        data = json.dumps({"schema": 1, "attempt": self._attempt, "boot_id": boot_id(), "offset": self._offset,
                           "number": self._number, "state": self.seen.to_state()}, separators=(",", ":")).encode("ascii")
        self._whole_size, self._journal_size = len(data), 0
        best_effort(lambda: files.write_atomic(self.run.file("observation.json"), data))
        best_effort(lambda: _write(self.run.file("looks.jsonl"), "wb", b""))


class _Either:
    """Is it in one of two?"""

    def __init__(self, first: Any, second: Any) -> None:
        self._first, self._second = first, second

    def __contains__(self, item: Any) -> bool:
        return item in self._first or item in self._second


def settings_of(given: Dict[str, Any]) -> Settings:
    """`given` is a run's spec, or what a check asks for."""
    given = given["checkpoint"]
    return Settings(tuple(given.get("include") or ()), tuple(given.get("exclude") or ()), given.get("head") or "",
                    tuple(given.get("patterns") or ()))


def _write(path: str, mode: str, data: bytes) -> None:
    with files.opened(path, mode) as file:
        file.write(data)


def _look_to(look: Look) -> Dict[str, Any]:
    return dict(look._asdict(), entries={path: list(entry) for path, entry in look.entries.items()},
                gone=None if look.gone is None else sorted(look.gone),
                writing=None if look.writing is None else [list(inode) for inode in look.writing])


def _look_from(line: Dict[str, Any]) -> Look:
    fields = {name: line[name] for name in Look._fields}
    fields["entries"] = {path: Entry(*values) for path, values in line["entries"].items()}
    if line["writing"] is not None:
        writing: List[Tuple[int, int]] = [(dev, ino) for dev, ino in line["writing"]]
        fields["writing"] = writing
    return Look(**fields)
