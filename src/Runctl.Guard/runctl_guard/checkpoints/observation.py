"""What a run writes, look by look: versions, when each was first seen, and the saves they belong to.

Pure: a look is data, and the history can be written down, so that a restarted guard does not guess.
"""
from typing import AbstractSet, Any, Callable, Dict, Iterable, List, Set

from .file_history import LONGEST_WRITE
from .history import History, Save
from .kinds import WEIGHT_KINDS
from .looks import Entry, Look, Record
from .names import Settings, pattern_of
from .rounds import last_round
from .saves import close_save, continues, has_all
from .units import folders_of, unit_of

# Without a write for so long a save is over.
SETTLE_SECONDS = 2.0
KEPT_SAVES = 4
# At the signal a save that was quiet for so long is over.
QUIET_SECONDS = 0.5
# A file that is open for so long is one of those that make a save long.
SLOW_SECONDS = 5.0

# What is written down as it is.
PLAIN = ("number", "looks", "made", "longest", "ends", "kinds", "written", "head", "time", "step", "died", "final", "born", "beats",
         "beats_done", "beating", "weight_bytes", "told", "split", "burst", "bursts")


class Observation(History):
    # What there was

    def begin(self, entries: Dict[str, Entry], now: float, restored: Iterable[str] = (),
              ours: Callable[[str, Entry], bool] = lambda path, entry: False) -> None:
        """What is there when the attempt begins. `ours` picks what the attempt wrote already, by its time."""
        mine, self.time, self.born = set(restored), now, now
        for path, entry in entries.items():
            self._note(path, entry, now, None)
            record = self.files[path]
            record.origin = "restored" if path in mine else "new" if ours(path, entry) else "before"
            record.save = 0 if record.origin == "restored" else None
            if record.origin != "new":
                self.made.update((folder, 0) for folder in folders_of(path))
        own = sorted((path for path, record in self.files.items() if record.origin == "new"
                      and record.type == "file" and self.belongs(path)), key=lambda path: self.files[path].mtime_ns)
        before = 0
        for path in own:
            record = self.files[path]
            if not self.is_weight(path):
                continue
            if self.current is None or record.mtime_ns - before > SETTLE_SECONDS * 1e9:
                self._end(now, True)
                self._start(now)
            before = record.mtime_ns
            self._join(path)
        self._end(now, True)

    # What is seen

    def see(self, look: Look) -> None:
        self.looks += 1
        now, changed, self.final = look.time, [], look.final
        for path, entry in look.entries.items():
            record = self.files.get(path)
            if record is None or record.version != entry.version():
                self._note(path, entry, now, look.step)
                changed.append(path)
                # Another directory under the same name, as one that is renamed when it is complete.
                self.made.pop(path, None)
        gone = look.gone if look.gone is not None else [path for path in self.files if path not in look.entries]
        for path in list(gone):
            self._forget(path)
            self.made.pop(path, None)
            if self.current is not None:
                self.current.paths.discard(path)
        if look.writing is not None:
            self._see_writers(set(look.writing), now, look)
        self._take_along(changed)
        changed = [path for path in changed if self.files[path].save is None and self.counts(path)]
        self._advance(changed, look)
        self.time, self.step = now, look.step if look.step is not None else self.step

    # Saves

    def _take_along(self, changed: List[str]) -> None:
        """What a save wrote belongs to it under another name too; after a rename under that one only."""
        known = [path for path in changed if self.files[path].save and self.files[path].type == "file" and self.counts(path)]
        for save in self.saves + [self.current] if known else []:
            mine = [path for path in known if save and self.files[path].save == save.number]
            if save is None or not mine:
                continue
            save.paths.update(mine)
            if save is self.current:
                continue
            versions = {self.files[path].version for path in mine}
            save.files = {path: facts for path, facts in save.files.items() if facts[0] not in versions
                          or path in self.files and self.files[path].version == facts[0]}
            save.files.update((path, self.files[path].facts()) for path in mine)

    def _advance(self, changed: List[str], look: Look) -> None:
        now = look.time
        weights = [path for path in changed if self.is_weight(path)]
        self._beat(bool(weights) or self.is_busy(), now)
        self._see_burst(weights, now)
        self.weight_bytes += sum(self.files[path].added for path in weights)
        if look.final and not weights and self.current is None and not self.saves:
            weights = changed = [path for path, record in self.files.items() if record.save is None
                                 and self.counts(path) and self.is_weight(path)]
        later = self._written_since_told(changed)
        if later:
            self._take([path for path in changed if path not in later], now, later)
            # A second cut, before a stop save of another name, needs the whole save before it.
            self.cut_here(now, float("inf") if self.split else QUIET_SECONDS, later)
            self.split = True
            changed = [path for path in changed if path in later]
        self._take(changed, now)
        if self.current is not None:
            busy = self.is_busy()
            if busy:
                self.current.last = now
            if not look.alive:
                self._end(now, True)
            elif not busy and look.writing is not None and now - self.current.last >= SETTLE_SECONDS:
                self._end(now, True)
            elif self._is_endless(now):
                self._end(now, False)
            else:
                self._cut_burst(now)
        if not look.alive and self.died is None:
            self.died = {"time": now, "killed": look.killed}

    def _take(self, changed: List[str], now: float, beside: AbstractSet[str] = frozenset()) -> None:
        """What is new since the look before goes into the save that goes on, or begins one; `beside` is of the next one."""
        weights = [path for path in changed if self.is_weight(path)]
        if weights:
            if self.current is not None and any(self._again(path) for path in weights):
                self._end(now, False)
            if self.current is None:
                if continues(self, weights, now):
                    self.current = self.saves.pop()
                    self.current.paths = {path for path in self.current.paths if path in self.files}
                    self.current.since = now
                    self.ends.pop()
                else:
                    self._start(now, beside)
            self.current.last = now  # type: ignore[union-attr]
            for pattern in {pattern_of(path) for path in weights if len(self.files[path].changes) == 1}:
                self.current.came[pattern] = self.current.came.get(pattern, 0) + 1  # type: ignore[union-attr]
        if self.current is not None:
            for path in changed:
                if not self.is_running(path):
                    self._join(path)

    def _written_since_told(self, changed: List[str]) -> Set[str]:
        """By the times of files: one look may see the save before the signal and the one after it; and a periodic save that
        comes after it, before the stop save under a name that no save had."""
        told = self.told
        # A file that a save has begun to write is of that save to its last byte.
        later = set() if told is None else {
            path for path in changed if self.files[path].mtime_ns >= told and not self._goes_on(path)}
        weights = [path for path in later if self.is_weight(path)]
        known = {pattern for save in self.saves for pattern in save.shape}
        fresh = [path for path in weights if known and pattern_of(unit_of(path, self.opened)) not in known]
        if fresh and (self.split or len(fresh) < len(weights)):
            first = min(self.files[path].mtime_ns for path in fresh)
            return {path for path in later if self.files[path].mtime_ns >= first}
        return later if weights and not self.split else set()

    def cut_here(self, now: float, quiet: float = QUIET_SECONDS, beside: AbstractSet[str] = frozenset()) -> None:
        """What is written from now on is another save, as after the signal. A save that is being written goes on until it has all
        that the one before it had, or ends by itself; one of which no file is open is also over if it was quiet for so long.
        `beside` is of the next save already."""
        save = self.current
        if save is None:
            if self.saves and not self.is_busy() and has_all(self, self.saves[-1]):
                self.saves[-1].settled = True
        elif self.is_busy(beside):
            save.through = True
        elif has_all(self, save) or not save.through and now - save.last >= quiet:
            self._end(now, True)

    def _goes_on(self, path: str) -> bool:
        """A file of the save that is being written, which was open all the time."""
        return self.current is not None and path in self.current.paths and not self.files[path].again

    def _again(self, path: str) -> bool:
        """Written once more: it was closed when it was seen before."""
        assert self.current is not None
        return path in self.current.paths and self.files[path].again

    def is_busy(self, beside: AbstractSet[str] = frozenset()) -> bool:
        """Whether a weight file is open for writing, under a staging name too."""
        return any(self._blocks(path) for path in self._open if path not in beside)

    def _blocks(self, path: str) -> bool:
        record = self.files[path]
        return record.type == "file" and record.origin == "new" and not self.is_running(path) and (
            self.is_weight(path) or record.kind in WEIGHT_KINDS or record.kind == "empty")

    def _beat(self, on: bool, now: float) -> None:
        """When writing begins and ends from look to look: saves that are too frequent to be told apart still have a pace."""
        if on and not self.beating:
            self.beats = (self.beats + [now])[-KEPT_SAVES:]
        elif self.beating and not on:
            self.beats_done += 1
        self.beating = on

    def _see_burst(self, weights: List[str], now: float) -> None:
        held = {path for path in self._open if now - (self.files[path].opened or now) > self.limit()}
        written, last = self.burst
        added = [self.files[path].added for path in weights if path not in held]
        if added or self.is_busy(held):
            self.burst = written + sum(added), now
        elif written and now - last >= SETTLE_SECONDS:
            self.bursts, self.burst = (self.bursts + [(now, written)])[-2:], (0, now)

    def _is_endless(self, now: float) -> bool:
        """Longer than any save was, and not because of files that take long."""
        save = self.current
        assert save is not None
        if any(path in save.paths and now - (self.files[path].opened or now) >= SLOW_SECONDS for path in self._open):
            save.slow = now
        return now - save.since >= self.limit() and (now - save.slow > SLOW_SECONDS or now - save.since > LONGEST_WRITE)

    def _cut_burst(self, now: float) -> None:
        """Saves that follow one another without a pause would be one without an end: its whole rounds are a save, and the last round
        begins the next."""
        save, rest = self.current, last_round(self, now)
        if save is None or not rest:
            return
        save.cut = True
        save.paths.difference_update(rest)
        kept = {folder for path in save.paths for folder in folders_of(path)}
        for path in rest:
            self.files[path].save = None
            for folder in folders_of(path):
                if folder not in kept:
                    self.made.pop(folder, None)
        self._end(now, False)
        self._start(now)
        for path in rest:
            self._join(path)

    def _start(self, now: float, beside: AbstractSet[str] = frozenset()) -> None:
        self.number += 1
        self.current = Save(self.number, now)
        for path, record in self.files.items():
            if record.save is None and record.first >= now - SETTLE_SECONDS and self.counts(path) \
                    and not self.is_running(path) and path not in beside:
                self._join(path)

    def _join(self, path: str) -> None:
        save, record = self.current, self.files[path]
        assert save is not None
        save.paths.add(path)
        record.save = save.number
        save.began = min(save.began, record.began)
        if self.is_weight(path):
            for folder in folders_of(path):
                self.made.setdefault(folder, save.number)

    def _end(self, now: float, settled: bool) -> None:
        save, self.current = self.current, None
        if save is None:
            return
        if not any(self.is_weight(path) for path in save.paths):
            for path in save.paths:
                self.files[path].save = None
            return
        close_save(self, save, now, settled)
        self.saves = (self.saves + [save])[-KEPT_SAVES:]
        self.longest = max(self.longest, save.ended - save.began)
        self.ends = (self.ends + [now])[-KEPT_SAVES - 1:]

    # Written down

    def to_state(self) -> Dict[str, Any]:
        state: Dict[str, Any] = {name: getattr(self, name) for name in PLAIN}
        state.update(schema=1, files={path: record.values() for path, record in self.files.items()},
                     saves=[save.to_state() for save in self.saves], opened=sorted(self.opened),
                     current=self.current and self.current.to_state(), repeated=sorted(self.repeated), logs=sorted(self.logs))
        return state

    @classmethod
    def from_state(cls, state: Dict[str, Any], settings: Settings = Settings()) -> "Observation":
        self = cls(settings)
        for name in PLAIN:
            setattr(self, name, state[name])
        self.files = {path: Record(**dict(zip(Record.__slots__, values))) for path, values in state["files"].items()}
        self.saves = [Save.from_state(save) for save in state["saves"]]
        self.opened, self.repeated, self.logs = (set(state[name]) for name in ("opened", "repeated", "logs"))
        self.current = Save.from_state(state["current"]) if state["current"] else None
        self._index()
        return self


def see(state: Dict[str, Any], look: Look, settings: Settings = Settings()) -> Dict[str, Any]:
    """One more look, from a history as it is written down to the next one."""
    observation = Observation.from_state(state, settings)
    observation.see(look)
    return observation.to_state()
