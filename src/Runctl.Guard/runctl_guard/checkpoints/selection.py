"""Which checkpoint is the newest good one of this attempt, on the instance's disk or in the copy put out of harm's way."""
import os
import time
from typing import Callable, Dict, Iterable, List, NamedTuple, Optional, Set, Tuple

from ..interruption import budget
from ..interruption.interruption import Interruption
from ..runs.run import Run
from ..runs.target import ProcessTarget, writers
from ..system import files
from ..system.clock import utc_text
from ..system.guard_log import log_exception
from ..system.processes import Process
from . import discovery
from .discovery import Candidate, weighty
from .torn_saves import Doubts
from .validation import NotUsable, Validation, validate


class Picked(NamedTuple):
    """`source` is where it is read from: its own path, or the copy where a later save has spoilt the original."""
    candidate: Candidate
    source: str
    validation: Validation
    after_signal: bool


def patterns(run: Run) -> Iterable[str]:
    return run.spec["checkpoint"].get("patterns") or ()


def of_attempt(run: Run) -> List[Candidate]:
    """This attempt's checkpoints as they are on disk now, newest first."""
    state = run.state
    found = discovery.scan(state["checkpoint_dir"], patterns(run))
    kept = files.read_json(run.file("leftovers.json")) or {}
    leftovers = kept.get("identities") if kept.get("attempt") == state.get("attempt") else None
    return discovery.newest_first(found, state.get("started_at") or float("inf"), state.get("restored"), leftovers)


def note_leftovers(run: Run) -> None:
    """What is there right before the training starts is not its own, whatever the clocks say."""
    found = discovery.scan(run.state["checkpoint_dir"], patterns(run))
    files.write_json(run.file("leftovers.json"), {"schema": 1, "attempt": run.state["attempt"],
                                                  "identities": [one.identity for one in found]})


def expected_size(run: Run) -> int:
    """Of the save to come, by those before it. The newest alone may be half-written."""
    return max((one.size for one in of_attempt(run)[:2]), default=0)


def unfinished(run: Run, members: Dict[int, Process]) -> List[str]:
    """The checkpoints that these processes are writing at this moment, for those who kill them. A log in one is none."""
    try:
        files_of = {one.path: paths_of(one, weighty) for one in of_attempt(run)} if members else {}
        written = writers(members, set().union(*files_of.values()))
        return [path for path, names in files_of.items() if names & written]
    except Exception:  # They are killed, whatever came.
        log_exception()
        return []


def best(run: Run, candidates: Iterable[Tuple[Candidate, str]], check: Callable[[Candidate, str], Validation],
         reject: Callable[[Candidate, str], None]) -> Optional[Tuple[Candidate, str, Validation]]:
    """The first good one of candidates and where they are read from. A doubtful one gives way to any that is not."""
    doubts, doubtful = Doubts(run), []
    for candidate, source in candidates:
        try:
            validation = check(candidate, source)
            reason = doubts.against(candidate, validation) if source == candidate.path else None
        except NotUsable as error:
            reject(candidate, str(error))
            continue
        if reason:
            doubtful.append((candidate, source, validation._replace(detail=reason)))
            continue
        better = next((one for one in doubtful if not doubts.give_way(one[0], candidate, source)), None)
        for other, _, doubted in doubtful[:doubtful.index(better)] if better else doubtful:
            reject(other, str(doubted.detail))
        return better or (candidate, source, validation)
    # What was only late goes before what was seen to be cut off.
    return min(doubtful, key=lambda one: doubts.cut_off(one[0]), default=None)


def unchanged(run: Run, candidate: Candidate) -> bool:
    now = discovery.again(candidate, patterns(run))
    return now is not None and now.identity == candidate.identity


def paths_of(candidate: Candidate, counts: Callable[[str], bool] = lambda name: True) -> Set[str]:
    """Its files; of a directory those only that count."""
    if candidate.kind == "file":
        return {os.path.realpath(candidate.path)}
    return {os.path.realpath(os.path.join(candidate.path, name)) for name in candidate.files if counts(name)}


class Picking:
    def __init__(self, interruption: Interruption, target: ProcessTarget) -> None:
        self._one, self._target, self._run = interruption, target, interruption.run

    def pick(self, copied: Optional[Candidate], copy: Optional[str]) -> Optional[Picked]:
        """The newest good one, and says so. `copied` is the version that was put out of harm's way, if any."""
        started = time.monotonic()
        ordered = of_attempt(self._run)
        if discovery.step_goes_back(ordered):
            self._one.warn("StepWentBack", "The newest checkpoint %s has a lower step than an older one."
                           % ordered[0].name, name=ordered[0].name)
        if copied and copied.identity not in [one.identity for one in ordered]:
            ordered = sorted(ordered + [copied], key=lambda one: one.saved, reverse=True)
        sources = [candidate.path for candidate in ordered]
        for i, candidate in enumerate(ordered):
            if copy and copied and copied.identity == candidate.identity and not unchanged(self._run, candidate):
                sources[i] = copy
        found = best(self._run, zip(ordered, sources), self._validate, self._reject)
        picked = self._told(*found) if found else None
        self._one.phase("check", time.monotonic() - started)
        return picked

    def _reject(self, candidate: Candidate, reason: str) -> None:
        self._one.emit("CheckpointRejected", "Checkpoint not usable: %s: %s" % (candidate.path, reason),
                       path=candidate.path, reason=reason)

    def _told(self, candidate: Candidate, source: str, validation: Validation) -> Picked:
        signalled = self._one.journal.first("signal")
        after_signal = bool(signalled and candidate.saved >= signalled["at"] - 0.01)
        before = self._one.journal.get("picked")
        if not before or before["identity"] != candidate.identity:
            self._one.journal.write("picked", name=candidate.name, identity=candidate.identity)
            self._one.emit("CheckpointSaved", "Checkpoint saved: %s" % candidate.path, path=candidate.path,
                           name=candidate.name, step=candidate.step, size=candidate.size,
                           saved_at=utc_text(candidate.saved), saved_after_signal=after_signal, format=validation.format)
        return Picked(candidate, source, validation, after_signal)

    def _validate(self, candidate: Candidate, source: str) -> Validation:
        if source == candidate.path and writers(self._target.members(), paths_of(candidate)):
            raise NotUsable("a process is writing to it")
        needed = budget.upload_seconds(candidate.size, self._one.rate)
        validation = validate(candidate._replace(path=source), stopwatch(budget.check_seconds(self._one.left(), needed)))
        if source == candidate.path and not unchanged(self._run, candidate):
            raise NotUsable("it changed while it was read")
        return validation


def stopwatch(seconds: Optional[float]) -> Callable[[], bool]:
    """A function that is true until so many seconds have passed; always where there is no limit."""
    end = None if seconds is None else time.monotonic() + seconds
    return lambda: end is None or time.monotonic() < end
