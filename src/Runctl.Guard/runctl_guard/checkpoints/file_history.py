"""The versions of every file: when each was seen first, and what kind of file it is: a weight file, a log, something else."""
from typing import Dict, List, Optional, Set, Tuple

from .kinds import OTHER_KINDS, TEXT_KINDS, WEIGHT_KINDS
from .looks import Entry, Inode, Look, Record
from .names import Settings, has_number, pattern_of

# A save is given up as one after this, or after the longest that was seen.
LEAST_LIMIT = 60.0
# A file that grows while it is written is waited for so long.
LONGEST_WRITE = 1800.0
# What is written so shortly before the end is not settings of the start, if it is as large as a model.
LAST_MOMENTS = 3.0
# So many changes in so many looks: a log, a heartbeat.
RUNNING_CHANGES, RUNNING_LOOKS = 5, 6
# Where no content has a mark: a text may be anything and is a model if it is at least half as large as the largest; bytes are
# one also beside an optimizer's state, which is several times as large.
LEAST_SHARE, LEAST_RAW_SHARE = 2, 16


class FileHistory:
    def __init__(self, settings: Settings = Settings()) -> None:
        self.files: Dict[str, Record] = {}
        self.looks = 0
        self.longest = 0.0
        # Content kinds and the most bytes there were, by pattern; patterns that were written more than once.
        self.kinds: Dict[str, str] = {}
        self.written: Dict[str, int] = {}
        self.repeated: Set[str] = set()
        # Patterns of logs and of what changes at nearly every look.
        self.logs: Set[str] = set()
        self.time, self.step = 0.0, None  # type: Tuple[float, Optional[int]]
        self.born, self.final = 0.0, False
        # Bytes of the burst that goes on, and when it was written last; when the last two ended, and their bytes. What is held
        # open for long is of none.
        self.burst: Tuple[int, float] = 0, 0.0
        self.bursts: List[Tuple[float, int]] = []
        self.configure(settings)
        self._index()

    def configure(self, settings: Settings) -> None:
        self.settings = settings
        self._belongs = settings.belongs()
        self._decided: Dict[str, bool] = {}

    def _index(self) -> None:
        self._inodes: Dict[Inode, Set[str]] = {}
        for path, record in self.files.items():
            self._inodes.setdefault(record.inode, set()).add(path)
        self._totals: Dict[str, Tuple[int, int]] = {}
        for path, record in self.files.items():
            if self._is_own_file(path, record):
                total, number = self._totals.get(pattern_of(path), (0, 0))
                self._totals[pattern_of(path)] = total + record.size, number + 1
        self._open = {path for path, record in self.files.items() if record.opened is not None}

    def inodes(self) -> Dict[Inode, Set[str]]:
        """Every file there is, by what descriptors of processes are compared with."""
        return self._inodes

    def has_open(self) -> bool:
        return bool(self._open)

    # Versions

    def _note(self, path: str, entry: Entry, now: float, step: Optional[int]) -> None:
        before, version = self.files.get(path), entry.version()
        same = None if entry.type != "file" else next(
            (self.files[other] for other in self._inodes.get((entry.dev, entry.ino), ())
             if other != path and self.files[other].version == version), None)
        record = Record(version=version, type=entry.type, dev=entry.dev, ino=entry.ino, size=entry.size, target=entry.target,
                        mtime_ns=entry.mtime_ns, kind=entry.kind, first=now, began=now, origin="new", changes=[self.looks], cut=False,
                        step=self.step, grown=0, larger=now, again=False, prior=None,
                        added=entry.size)
        if before is not None:
            if self._is_own_file(path, before):
                self._discount(path, before)
            open_still = before.opened is not None and before.inode == record.inode
            record.again = not open_still
            record.prior = [before.save] + before.facts() if before.save is not None else before.prior
            record.larger = now if entry.size > before.size else before.larger
            record.added = max(0, entry.size - before.size) if open_still else entry.size
            # What a save writes in one go is one change, as often as it is looked at.
            one_go = open_still and now - (before.opened or now) <= self.limit()
            record.changes = before.changes if one_go else (before.changes + [self.looks])[-RUNNING_CHANGES:]
            # A large file may grow while it is open; what is opened again and again to add to it is a log.
            record.grown = before.grown + 1 if entry.grew and not open_still else 0
            if before.inode == record.inode:
                record.opened = before.opened
                record.kind = entry.kind or before.kind
                if before.opened is not None:
                    record.began, record.step = before.began, before.step
            self._drop_inode(path, before)
        if same is not None:
            record.kind, record.began, record.step = record.kind or same.kind, same.began, same.step
            if same.origin != "new":
                record.origin, record.save = same.origin, same.save
            elif same.save is not None:
                # A known version under one more name, as after a rename: no new save.
                record.save, record.first = same.save, same.first
        self.files[path] = record
        self._inodes.setdefault(record.inode, set()).add(path)
        if self._is_own_file(path, record):
            self._count(path, record)

    def _count(self, path: str, record: Record) -> None:
        pattern = pattern_of(path)
        if record.kind != "empty":
            self.kinds[pattern] = record.kind
        total, number = self._totals.get(pattern, (0, 0))
        self._totals[pattern] = total + record.size, number + 1
        self.written[pattern] = max(self.written.get(pattern, 0), total + record.size)
        # What changes from one look to the next is more likely a heartbeat.
        if number or len(record.changes) > 1 and record.changes[-1] > record.changes[-2] + 1:
            self.repeated.add(pattern)
        if record.kind not in WEIGHT_KINDS and (record.grown or self._often(record)):
            self.logs.add(pattern)

    def _discount(self, path: str, record: Record) -> None:
        total, number = self._totals.get(pattern_of(path), (record.size, 1))
        self._totals[pattern_of(path)] = total - record.size, number - 1

    def _is_own_file(self, path: str, record: Record) -> bool:
        return record.type == "file" and record.origin == "new" and bool(record.kind) and self.belongs(path)

    def _forget(self, path: str) -> None:
        record = self.files.pop(path, None)
        if record is not None:
            self._drop_inode(path, record)
            self._open.discard(path)
            if self._is_own_file(path, record):
                self._discount(path, record)

    def _drop_inode(self, path: str, record: Record) -> None:
        paths = self._inodes.get(record.inode)
        if paths is not None:
            paths.discard(path)
            if not paths:
                del self._inodes[record.inode]

    def _see_writers(self, writing: Set[Inode], now: float, look: Look) -> None:
        before, self._open = self._open, set()
        for inode in writing:
            self._open |= self._inodes.get(inode, set())
        for path in before - self._open:
            if path in self.files:
                self.files[path].cut = look.killed and not look.alive
                self.files[path].opened = None
        for path in self._open:
            if self.files[path].opened is None:
                self.files[path].opened = now

    # What a file is

    def belongs(self, path: str) -> bool:
        """Whether settings and names let it be part of a checkpoint."""
        known = self._decided.get(path)
        if known is None:
            known = self._decided[path] = self._belongs(path)
        return known

    def counts(self, path: str) -> bool:
        """Whether it is part of checkpoints of this attempt."""
        record = self.files[path]
        return record.origin != "before" and record.type in ("file", "link") and self.belongs(path)

    def is_running(self, path: str) -> bool:
        """A log, a heartbeat: it changes at nearly every look, or is held open for longer than a save."""
        record = self.files[path]
        held = 0.0 if record.opened is None else self.time - record.opened
        model = record.kind in WEIGHT_KINDS or record.kind in ("binary", "empty")
        # A large file grows while it is written, however long that takes. One that grows while larger saves come and go is a log.
        if held > self.limit() and not (model and self.time - record.larger < self.limit() / 2 and held < LONGEST_WRITE
                                        and not self._outlasts_saves(record)):
            return True
        if record.kind in WEIGHT_KINDS:
            return False
        if record.kind == "log" or record.kind in TEXT_KINDS and record.grown:
            return True
        return self._often(record) and not (
            record.grown == 0 and (self.final or record.kind == "binary") and not self._models())

    def _outlasts_saves(self, record: Record) -> bool:
        return len(self.bursts) > 1 and all(ended > (record.opened or ended) and written > record.size for ended, written in self.bursts)

    def _often(self, record: Record) -> bool:
        return len(record.changes) == RUNNING_CHANGES and self.looks - record.changes[0] <= RUNNING_LOOKS

    def _models(self) -> Set[str]:
        """Patterns that may be models: no logs, nothing that changes all the time, no settings that were written once."""
        return {pattern for pattern, kind in self.kinds.items() if kind in WEIGHT_KINDS or (
            pattern not in self.logs and kind not in OTHER_KINDS and (
                kind not in TEXT_KINDS or pattern in self.repeated or "#" in pattern.rpartition("/")[2]))}

    def limit(self) -> float:
        return max(LEAST_LIMIT, self.longest)

    def _is_late(self, record: Record) -> bool:
        """Nothing more will come, and it was written in the second half of the attempt, or is a model of its last moments."""
        if not self.final:
            return False
        if record.first - self.born >= (self.time - self.born) / 2:
            return True
        return self.time - record.first <= LAST_MOMENTS and self._is_as_large(record)

    def is_weight(self, path: str) -> bool:
        record = self.files[path]
        if record.type != "file" or record.origin == "before" or self.is_running(path):
            return False
        pattern = pattern_of(path)
        kind = self.kinds.get(pattern, "empty") if record.kind == "empty" else record.kind
        if kind in WEIGHT_KINDS:
            return True
        # A search may keep all that it knows in one.
        alone = kind == "database" and not self._models()
        if kind in OTHER_KINDS and not alone or kind in (None, "empty") or record.grown >= (1 if kind in TEXT_KINDS else 2):
            return False
        if kind in TEXT_KINDS:
            # A text may be settings, which are written once at the start: where nothing else is, a model is what is written
            # again and again, under a name with a number, or at the end.
            if any(other in WEIGHT_KINDS for other in self.kinds.values()):
                return False
            if pattern not in self.repeated and not has_number(path.rpartition("/")[2]) and not self._is_late(record):
                return False
        largest, _ = self._largest()
        share = LEAST_SHARE if kind in TEXT_KINDS else LEAST_RAW_SHARE
        return share * self.written.get(pattern, 0) >= largest or self._is_as_large(record)

    def _largest(self) -> Tuple[int, float]:
        """The most bytes of one pattern of models that is still there, and how large one of its files is."""
        return max(((self.written.get(pattern, 0), total / number) for pattern in self._models()
                    for total, number in [self._totals.get(pattern, (0, 0))] if number), default=(0, float("inf")))

    def _is_as_large(self, record: Record) -> bool:
        """As each file of the pattern that holds most, as a final model beside those of its epochs."""
        return 2 * record.size >= self._largest()[1]
