"""The runs of this instance: all of them, or the one that is meant."""
import os
from typing import List, Optional

from ..errors import NO_SUCH_RUN, GuardError
from ..system import files, paths
from .run import ENDED, Run, is_run_id


def find_run(run_id: Optional[str]) -> Run:
    """The run named; without a name the only one, or the only active one."""
    if run_id:
        run = Run(run_id)
        if not run.state:
            raise GuardError("RunNotFound", "There is no run %s on this instance." % run_id, NO_SUCH_RUN, run_id)
        return run
    known = all_runs()
    active = [run for run in known if run.state["state"] not in ENDED]
    chosen = active if len(active) == 1 else known
    if len(chosen) != 1:
        raise GuardError("RunNotFound", "There are %d runs on this instance; say which." % len(known), NO_SUCH_RUN)
    return chosen[0]


def all_runs() -> List[Run]:
    """Every run of this instance that has a state, the newest first."""
    found = [run for run in _known() if run.state.get("state")]
    return sorted(found, key=lambda run: (run.state.get("started") or "", run.id), reverse=True)


def unreadable() -> List[str]:
    """The ids of those whose state cannot be read: what they do and need is unknown."""
    return sorted(run.id for run in _known() if os.path.exists(run.file("state.json")) and not run.state.get("state"))


def _known() -> List[Run]:
    return [Run(name) for name in files.names(paths.runs()) if is_run_id(name)]


def close_home() -> None:
    """Only root enters the guard's folders. A training that version 0.1 started reads and writes in there, until it ends."""
    if all("training_dir" in run.state or run.state["state"] in ENDED for run in all_runs()):
        files.make_private(paths.home())
