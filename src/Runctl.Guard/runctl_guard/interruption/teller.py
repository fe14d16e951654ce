"""Carries out what telling.py decides: the journal first, then the signal."""
import os
import signal
import time
from typing import Any, Dict, FrozenSet, Iterable, List, Optional, Set

from ..runs.journal import Journal, seconds_since
from ..runs.run import Run
from ..runs.spec import stop_file
from ..system import files, processes
from ..system.command_lines import shown
from ..system.guard_log import best_effort
from ..system.processes import Process
from .facts import Fact, Facts, Key, above
from .telling import (
    ALONE, END, LAST_LINES_SECONDS, NOW, REST, TRAINER, Decision, Situation, Told, decide, stop_settings)
from .trainer_watch import TrainerWatch
from .trainers import trainers


class Teller:
    """Carries decisions out: journal first, then the signal. A successor goes on from the journal."""

    def __init__(self, run: Run, journal: Journal, watch: TrainerWatch, phase: str = "signal") -> None:
        self._run, self.journal, self._watch, self._phase = run, journal, watch, phase
        self.settings = stop_settings(run.spec)
        first = journal.first("signal") or {}
        self._known: Optional[FrozenSet[Key]] = _keys(first["known"]) if "known" in first else None
        self._trainers: Dict[Key, str] = {(one["pid"], one["start_time"]): one["reason"] for one in _trainers(journal)}
        self._sure = bool(first.get("sure"))
        self._acts: Dict[Key, str] = {}
        self._reached: Set[Key] = set()
        self._heirs: Set[Key] = {key for entry in journal.all("signal") + journal.all("decided")
                                 for key in _keys(entry.get("heirs", ()))}
        self._idle_since: Optional[float] = None
        # Saves that were complete when the first was told.
        self._complete: Optional[int] = first.get("complete")
        self.asks_for_saves = False

    def round(self, members: Dict[int, Process], left: float, first: bool = False, **data: Any) -> List[Decision]:
        """Decides for all members, and tells those whose time has come."""
        best_effort(self._watch.recall)
        if self._complete is None:
            self._complete = self._watch.observed.complete
        facts = self._watch.facts(members, writing=not first)
        found = self._find_trainers(facts)
        saves = self._watch.observed.saves._replace(done=self._watch.observed.complete > self._complete)
        before = frozenset(self._heirs)
        heirs = self._started_by_trainers(facts)
        decisions = decide(Situation(facts, self._trainers, tuple(self._told(facts)), self._known, self.settings, saves, left,
                                     self._idle(facts), self._commands(), heirs))
        now = [one for one in decisions if one.act == NOW]
        if first:
            self._known = frozenset(fact.key for fact in facts.values())
            data.update(known=[list(key) for key in sorted(self._known)], sure=self._sure, complete=self._complete)
        if found or first:
            data["trainers"] = [{"pid": fact.pid, "start_time": fact.start, "reason": self._trainers[fact.key],
                                 "handles": fact.handles(self.settings.signal), "command": shown(fact.argv)}
                                for fact in sorted(found)]
        changed = [one for one in decisions if one.act != NOW and self._acts.get(one.fact.key) != one.act]
        self._acts.update({one.fact.key: one.act for one in decisions})
        self.asks_for_saves = any(one.role == TRAINER and one.act not in (NOW, ALONE) for one in decisions)
        if now or changed or found or first:
            self._send(now, changed, members, facts, data, heirs - before)
        return decisions

    def leftovers(self, members: Dict[int, Process]) -> None:
        """After the end of a training all that is left is told, from the top down."""
        facts = self._watch.facts(members, writing=True)
        decisions = decide(Situation(facts, {}, tuple(self._told(facts)), idle=LAST_LINES_SECONDS))
        now = [one for one in decisions if one.act == NOW]
        if now:
            self._send(now, [], members, facts, {}, frozenset())

    def _find_trainers(self, facts: Facts) -> List[Fact]:
        """Those that were not known as trainers before."""
        # A trainer that ends gives up its handlers first: its launcher is not taken for the trainer then. Nor is what it has
        # started, which may be at its save.
        known = self._trainers.keys() | (self._heirs if self._sure else ())
        some = facts if self._known is None else {pid: fact for pid, fact in facts.items()
                                                  if fact.key in self._known and fact.key not in known}
        found = trainers(some, self.settings.signal)
        living, before = any(fact.key in self._trainers for fact in facts.values()), set(self._trainers)
        # A process that is seen to write meanwhile trains as well. A guess is made again once it has proved empty.
        if self._known is None or found.seen or found.sure and not living and not self._sure:
            self._trainers.update({key: why for key, why in found.reasons.items() if key not in self._trainers})
            self._sure = self._sure or found.sure
        return [fact for fact in facts.values() if fact.key in self._trainers and fact.key not in before]

    def _told(self, facts: Facts) -> Iterable[Told]:
        for entry in self.journal.all("signal") + self.journal.all("leftover"):
            for one in entry["processes"]:
                below = _keys(one.get("below", ()))
                key = one["pid"], one["start_time"]
                if any(pid not in facts or facts[pid].start != start or facts[pid].writing for pid, start in below):
                    self._reached.add(key)
                yield Told(key[0], key[1], one.get("role", TRAINER), one.get("handled", True), seconds_since(entry), below,
                           key in self._reached)

    def _idle(self, facts: Facts) -> Optional[float]:
        """Seconds since the last trainer, and the last process told for one, ended."""
        waited = set(self._trainers) | {told.key for told in self._told(facts) if told.role != REST}
        if any(fact.key in waited for fact in facts.values()):
            self._idle_since = None
            return None
        self._idle_since = self._idle_since or time.monotonic()
        return time.monotonic() - self._idle_since

    def _started_by_trainers(self, facts: Facts) -> FrozenSet[Key]:
        """Remembered, for a trainer may end before the process that it leaves to save for it."""
        waited = set(self._trainers) | self._heirs | {told.key for told in self._told(facts) if told.role == TRAINER}
        self._heirs.update(fact.key for fact in facts.values() if any(one.key in waited for one in above(facts, fact)))
        return frozenset(self._heirs)

    def _commands(self) -> FrozenSet[str]:
        return frozenset(one["command_id"] for entry in self.journal.all("signal") for one in entry["processes"]
                         if one.get("role") == TRAINER and "command_id" in one)

    def _send(self, now: List[Decision], others: List[Decision], members: Dict[int, Process], facts: Facts,
              data: Dict[str, Any], heirs: FrozenSet[Key]) -> None:
        chosen = {one.fact.pid for one in now}
        doomed = {fact.pid for fact in facts.values() if fact.dies_of(signal.SIGTERM)} if now else set()
        # Killed on purpose: a trainer that was started again, and one that no signal reaches.
        ended = {one.fact.pid for one in others if one.act == END}
        self.journal.write(
            self._phase if now or data or ended else "decided", processes=[self._entry(one, members) for one in now],
            others=grouped(others), ended=sorted(ended), unfinished=self.unfinished(chosen & doomed | ended),
            endangered=self.unfinished(doomed - chosen - ended), heirs=[list(key) for key in sorted(heirs)], **data)
        if self.settings.stop_file and any(one.role == TRAINER for one in now):
            best_effort(lambda: files.write_json(stop_file(self._run), {"schema": 1}, 0o644))
        for one in now:
            if not (self.settings.stop_file and one.role == TRAINER):
                processes.send(members[one.fact.pid], self._number(one.role))
                if members[one.fact.pid].state == "T":
                    # Paused by hand: it gets the signal, and can save, when it goes on.
                    processes.send(members[one.fact.pid], signal.SIGCONT)
        for pid in ended:
            processes.send(members[pid], signal.SIGKILL)

    def _number(self, role: str) -> int:
        """The stop signal is for trainers and those told for them."""
        return signal.SIGTERM if role == REST else self.settings.signal

    def _entry(self, one: Decision, members: Dict[int, Process]) -> Dict[str, Any]:
        by = "stop file" if self.settings.stop_file and one.role == TRAINER else processes.signal_name(self._number(one.role))
        return dict(members[one.fact.pid].identity(), role=one.role, reason=one.reason, by=by, command_id=one.fact.command_id,
                    command=shown(one.fact.argv), handled=one.fact.handles(self._number(one.role)),
                    below=[list(key) for key in sorted(one.below)])

    def unfinished(self, pids: Iterable[int]) -> List[str]:
        """The files below the checkpoint directory that these processes are writing at this moment."""
        directory = self._run.state["checkpoint_dir"]
        return sorted({os.path.relpath(path, directory) for pid in pids for path in self._watch.open_checkpoints(pid)})


def _keys(pairs: Iterable[Any]) -> FrozenSet[Key]:
    return frozenset((pid, start) for pid, start in pairs)


def _trainers(journal: Journal) -> List[Dict[str, Any]]:
    """As they were found: most at the first signal, some later."""
    return [one for entry in journal.all("signal") + journal.all("decided") for one in entry.get("trainers", ())]


def grouped(decisions: List[Decision]) -> List[Dict[str, Any]]:
    groups: Dict[Any, List[int]] = {}
    for one in decisions:
        groups.setdefault((one.act, one.role, one.reason), []).append(one.fact.pid)
    return [{"act": act, "role": role, "reason": reason, "pids": pids} for (act, role, reason), pids in groups.items()]


def trainers_told(journal: Journal) -> List[Dict[str, Any]]:
    """For events: each trainer, whether it handles the stop signal, when it was told and by whom, and whether it was killed."""
    first, kill = journal.first("signal"), journal.get("kill")
    ended = {pid for entry in journal.all("signal") for pid in entry.get("ended", ())}
    if not first:
        return []
    found = []
    for one in _trainers(journal):
        key = [one["pid"], one["start_time"]]
        itself = next(((entry, told) for entry in journal.all("signal") for told in entry["processes"]
                       if [told["pid"], told["start_time"]] == key), None)
        through = next(((entry, told) for entry in journal.all("signal") for told in entry["processes"]
                        if key in told.get("below", ())), None)
        entry, told = itself or through or (None, None)
        found.append({"pid": one["pid"], "command": one["command"], "reason": one["reason"], "handles": one["handles"],
                      "told_after": round(entry["at"] - first["at"], 3) if entry else None, "by": told and told.get("by"),
                      "through": told["pid"] if told and not itself else None,
                      "killed": one["pid"] in ended or bool(kill and one["pid"] in kill["pids"])})
    return found
