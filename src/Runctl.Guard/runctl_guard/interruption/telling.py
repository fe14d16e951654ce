"""Which process is told to stop, when, and why. Decisions only: nothing is read, and no signal is sent here."""
import signal
from typing import Any, Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Tuple

from .facts import Fact, Facts, Key, above, below, launcher_of

# A shell that was told has this long to reach the trainers below it.
PASSING_ON_SECONDS = 5.0
# After the end of the trainers a script may be at its last lines.
LAST_LINES_SECONDS = 2.0

NOW, LATER, ALONE, END = "now", "later", "alone", "end"
TRAINER, SHELL, LAUNCHER, REST = "trainer", "shell", "launcher", "rest"


class Settings(NamedTuple):
    """`[training] stop_signal`, `stop_file` (True: trainers look for the file) and `signal_to`."""
    signal: int = signal.SIGTERM
    stop_file: bool = False
    launcher: bool = False


def stop_settings(spec: Dict[str, Any]) -> Settings:
    policy = spec.get("policy") or {}
    return Settings(signal.Signals["SIG" + (policy.get("stop_signal") or "TERM")], bool(policy.get("stop_file")),
                    policy.get("signal_to") == "launcher")


class Saves(NamedTuple):
    """`interval` from the begin of one save to the next, `length` of the longest, `since` the begin of the last one, in
    seconds. `safe`: the newest complete set is in S3, copied, or not written in place. `done`: complete after the notice."""
    interval: Optional[float] = None
    length: float = 0.0
    since: float = 0.0
    running: bool = False
    safe: bool = False
    done: bool = False

    def seconds_to_end(self) -> Optional[float]:
        """Until the save that is running, or else the next one, is complete; None if that is not known."""
        if self.running:
            return max(0.0, self.length - self.since)
        return None if self.interval is None else max(0.0, self.interval - self.since) + self.length


class Told(NamedTuple):
    """A process that was told. `below`: the trainers it was to reach; `reached`: one of them has ended or begun to write."""
    pid: int
    start: int
    role: str
    handled: bool
    seconds: float
    below: FrozenSet[Key] = frozenset()
    reached: bool = False

    @property
    def key(self) -> Key:
        return self.pid, self.start


class Decision(NamedTuple):
    fact: Fact
    act: str
    role: str
    reason: str
    below: FrozenSet[Key] = frozenset()


class Situation(NamedTuple):
    """`trainers`: why each of them is one. `known`: the processes there when the first was told, None before that.
    `left`: seconds of grace. `idle`: seconds since the last of them ended, None while a trainer or one told for it lives."""
    facts: Facts
    trainers: Dict[Key, str]
    told: Tuple[Told, ...] = ()
    known: Optional[FrozenSet[Key]] = None
    settings: Settings = Settings()
    saves: Saves = Saves()
    left: float = 90.0
    idle: Optional[float] = None
    # The command ids of the trainers that were told, and processes that trainers or those told for them have started.
    commands: FrozenSet[str] = frozenset()
    heirs: FrozenSet[Key] = frozenset()


def decide(now: Situation) -> List[Decision]:
    """One decision for every process that was not told yet."""
    return _Round(now).decide()


class _Round:
    def __init__(self, now: Situation) -> None:
        self._now, self._facts = now, now.facts
        self._told = {told.key: told for told in now.told}
        living = {fact.key for fact in now.facts.values()}
        self._told_living = {key for key in self._told if key in living}
        self._trainers = [fact for fact in now.facts.values() if fact.key in now.trainers and self._is_known(fact)]
        self._trainer_keys = {fact.key for fact in self._trainers}
        self._decisions: Dict[Key, Decision] = {}

    def decide(self) -> List[Decision]:
        for fact in self._trainers:
            if fact.key not in self._told:
                self._trainer(fact)
        for fact in self._facts.values():
            if fact.key not in self._told and fact.key not in self._decisions:
                self._rest(fact)
        return list(self._decisions.values())

    def _say(self, fact: Fact, act: str, role: str, reason: str, reached: Iterable[Key] = ()) -> None:
        if fact.key not in self._told:
            self._decisions[fact.key] = Decision(fact, act, role, reason, frozenset(reached))

    def _is_known(self, fact: Fact) -> bool:
        return self._now.known is None or fact.key in self._now.known

    # Rules 1, 2 and 4

    def _trainer(self, fact: Fact) -> None:
        number, why = self._now.settings.signal, self._now.trainers[fact.key]
        upper = next((one for one in above(self._facts, fact) if self._protects(one)), None)
        if upper:
            return self._say(fact, ALONE, TRAINER, "works for process %d, which decides for it" % upper.pid)
        through = [told for told in self._now.told if fact.key in told.below]
        if through:
            return self._below_told(fact, through[-1])
        if self._now.settings.stop_file:
            return self._say(fact, NOW, TRAINER, "%s; it looks for the stop file" % why)
        teller = self._launcher(fact) if self._now.settings.launcher else self._shell(fact)
        if teller and teller.key not in self._told:
            role = LAUNCHER if self._now.settings.launcher else SHELL
            reason = "the setting signal_to names the launcher" if self._now.settings.launcher else \
                "it traps %s and is above trainer %d" % (_name(number), fact.pid)
            self._say(teller, NOW, role, reason, (one.key for one in below(self._facts, teller)
                                                  if one.key in self._trainer_keys))
            return self._say(fact, LATER, TRAINER, "process %d is told for it" % teller.pid)
        self._itself(fact, why)

    def _protects(self, fact: Fact) -> bool:
        """Nothing below a living trainer or told process is told. A shell counts through `below`, with its five seconds."""
        if fact.key in self._trainer_keys:
            return True
        told = self._told.get(fact.key)
        return told is not None and told.role in (TRAINER, REST)

    def _below_told(self, fact: Fact, told: Told) -> None:
        number = self._now.settings.signal
        living = told.key in self._told_living
        if living and told.role == LAUNCHER:
            return self._say(fact, LATER, TRAINER, "its launcher %d was told" % told.pid)
        if told.handled and (told.reached or told.seconds < PASSING_ON_SECONDS):
            return self._say(fact, LATER, TRAINER, "process %d was told and passes it on" % told.pid)
        if told.handled and not fact.handles(number):
            return self._say(fact, LATER, TRAINER, "process %d was told and may have sent another signal" % told.pid)
        self._itself(fact, "process %d was told and did not reach it" % told.pid)

    def _itself(self, fact: Fact, why: str) -> None:
        number = self._now.settings.signal
        if fact.handles(number):
            return self._say(fact, NOW, TRAINER, "%s and handles %s" % (why, _name(number)))
        rank = next((one for one in self._trainers if one.handles(number) and one.same_command(fact)
                     and launcher_of(self._facts, one) == launcher_of(self._facts, fact)), None)
        if rank:
            # It would only die, and the rank that saves may need it for that.
            return self._say(fact, LATER, TRAINER, "does not handle %s, and process %d of the same command does"
                             % (_name(number), rank.pid))
        seconds, saves = self._now.saves.seconds_to_end(), self._now.saves
        if saves.done and fact.inner == 1:
            return self._say(fact, END, TRAINER, "%s, is PID 1 of its namespace, which the signal does not reach, and its "
                             "save is complete" % why)
        if saves.done:
            return self._say(fact, NOW, TRAINER, "%s, does not handle %s, and its save is complete" % (why, _name(number)))
        if seconds is not None and seconds <= self._now.left and (saves.safe or saves.running):
            return self._say(fact, LATER, TRAINER, "%s, does not handle %s, and will have saved in %.0f s"
                             % (why, _name(number), seconds))
        if fact.ignores(number):
            return self._say(fact, LATER, TRAINER, "%s and ignores %s at present" % (why, _name(number)))
        self._say(fact, NOW, TRAINER, "%s, does not handle %s, and no save of its own fits into the %.0f s left"
                  % (why, _name(number), self._now.left))

    def _shell(self, fact: Fact) -> Optional[Fact]:
        """The nearest shell above that traps the stop signal on purpose; for other signals only trainers are told."""
        number = self._now.settings.signal
        if number != signal.SIGTERM:
            return None
        # With an EXIT trap bash catches nearly everything. Below such a shell only a trainer that waits for another signal
        # says that the shell translates.
        translated = not fact.handles(number) and not fact.catches_nearly_all and any(
            fact.handles(other) for other in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP))
        return next((one for one in above(self._facts, fact) if one.shell and one.catches(number)
                     and (translated or not one.catches_nearly_all)), None)

    def _launcher(self, fact: Fact) -> Optional[Fact]:
        """The highest program above it that is no shell."""
        found = [one for one in above(self._facts, fact) if not one.shell]
        return found[-1] if found else None

    # Rules 3 and 5

    def _rest(self, fact: Fact) -> None:
        now = self._now
        if now.idle is not None and self._begins_anew(fact):
            return self._say(fact, END, REST, "was started after the trainers were told, and would save what it has just begun")
        upper = next((one for one in above(self._facts, fact) if self._keeps_alone(one)), None)
        if upper:
            return self._say(fact, ALONE, REST, "is below process %d" % upper.pid)
        if now.idle is None:
            return self._say(fact, ALONE, REST, "is no trainer, and a trainer lives")
        if fact.writing:
            return self._say(fact, ALONE, REST, "is writing %s" % fact.writing[0])
        if any(one.parent == fact.pid and self._begins_anew(one) for one in self._facts.values()):
            return self._say(fact, NOW, REST, "continues with the next training")
        if now.idle < LAST_LINES_SECONDS:
            return self._say(fact, ALONE, REST, "may end on its own now that the trainers have")
        self._say(fact, NOW, REST, "no trainer lives any more")

    def _begins_anew(self, fact: Fact) -> bool:
        """The next of a row of trainings: the same command again, or one that would save when it is told. What a trainer
        started may be at its save."""
        now, parent = self._now, self._facts.get(fact.parent)
        if parent is None or self._is_known(fact) or not self._is_known(parent) or fact.key in now.heirs:
            return False
        if fact.command_id in now.commands:
            return fact.command_id != parent.command_id
        return now.idle is not None and now.idle >= LAST_LINES_SECONDS and not fact.shell and not fact.catches_nearly_all \
            and fact.handles(now.settings.signal) and (parent.shell or not parent.handles(now.settings.signal))

    def _keeps_alone(self, fact: Fact) -> bool:
        """Processes are told from the top down, one level at a time."""
        if fact.key in self._told:
            return True
        if fact.key not in self._decisions:
            self._rest(fact)
        return fact.key in self._trainer_keys or bool(fact.writing) or self._decisions[fact.key].act in (NOW, END)


def _name(number: int) -> str:
    return signal.Signals(number).name
