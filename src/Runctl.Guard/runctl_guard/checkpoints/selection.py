"""Which checkpoint is the newest good one of an attempt."""
import os
import time
from typing import Callable, Dict, Iterable, List, Optional, Set, Tuple

from ..runs.run import Run
from ..system import files
from ..system.guard_log import log_exception
from ..system.processes import Process, open_for_writing
from . import discovery
from .discovery import Candidate, weighty
from .torn_saves import TornSaves
from .validation import NotUsable, Validation


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
                                                  "identities": [candidate.identity for candidate in found]})


def expected_size(run: Run) -> int:
    """Of the save to come, by those before it. The newest alone may be half-written."""
    return max((candidate.size for candidate in of_attempt(run)[:2]), default=0)


def unfinished(run: Run, members: Dict[int, Process]) -> List[str]:
    """The checkpoints that these processes are writing at this moment, for those who kill them. A log in one is none."""
    try:
        files_of = {candidate.path: paths_of(candidate, weighty) for candidate in of_attempt(run)} if members else {}
        written = open_for_writing(members, set().union(*files_of.values()))
        return [path for path, names in files_of.items() if names & written]
    except Exception:  # They are killed, whatever came.
        log_exception()
        return []


def best(run: Run, candidates: Iterable[Tuple[Candidate, str]], check: Callable[[Candidate, str], Validation],
         reject: Callable[[Candidate, str], None]) -> Optional[Tuple[Candidate, str, Validation]]:
    """The first good one of candidates and where they are read from. A doubtful one gives way to any that is not."""
    torn, doubtful = TornSaves(run), []
    for candidate, source in candidates:
        try:
            validation = check(candidate, source)
            reason = torn.against(candidate, validation) if source == candidate.path else None
        except NotUsable as error:
            reject(candidate, str(error))
            continue
        if reason:
            doubtful.append((candidate, source, validation._replace(detail=reason)))
            continue
        better = next((pair for pair in doubtful if not torn.give_way(pair[0], candidate, source)), None)
        for other, _, doubted in doubtful[:doubtful.index(better)] if better else doubtful:
            reject(other, str(doubted.detail))
        return better or (candidate, source, validation)
    # What was only late goes before what was seen to be cut off.
    return min(doubtful, key=lambda pair: torn.cut_off(pair[0]), default=None)


def unchanged(run: Run, candidate: Candidate) -> bool:
    now = discovery.again(candidate, patterns(run))
    return now is not None and now.identity == candidate.identity


def paths_of(candidate: Candidate, counts: Callable[[str], bool] = lambda name: True) -> Set[str]:
    """Its files; of a directory those only that count."""
    if candidate.kind == "file":
        return {os.path.realpath(candidate.path)}
    return {os.path.realpath(os.path.join(candidate.path, name)) for name in candidate.files if counts(name)}


def stopwatch(seconds: Optional[float]) -> Callable[[], bool]:
    """A function that is true until so many seconds have passed; always where there is no limit."""
    end = None if seconds is None else time.monotonic() + seconds
    return lambda: end is None or time.monotonic() < end
