"""The last look at the checkpoint directory of a training that has ended, and how it ended."""
import signal
from typing import Any, Dict

from ..runs.journal import Journal
from .selection import RunCheckpoints

# A process that dies of a signal writes for so long at most.
DYING_SECONDS = 1.0
# No training saves at these; of any other code a training that was told may have made its end.
DEADLY_CODES = tuple(128 + number for number in (signal.SIGKILL, signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL,
                                                 signal.SIGFPE))


def look_last(checkpoints: RunCheckpoints, journal: Journal) -> None:
    """Decides with what is there: nothing more will come. A successor that finds it decided changes nothing."""
    watch, exit = checkpoints.watch, checkpoints.run.exit() or {}
    killed = journal.get("kill") is not None
    watch.look(alive=False, killed=killed, final=True)
    watch.note_death(is_sudden(exit, told=journal.get("signal") is not None), _cut_off(journal))


def _cut_off(journal: Journal) -> Dict[str, float]:
    """Files that processes were writing when they were killed, or got a signal that they die of, and the time until which
    such a file can have changed since: what is changed later, another process has written."""
    found: Dict[str, float] = {}
    for phase in ("leftover", "signal", "decided", "kill"):
        for entry in journal.all(phase):
            until = float("inf") if phase == "kill" else entry["at"] + DYING_SECONDS
            found.update({path: until for path in entry.get("unfinished", ())})
    return found


def is_sudden(exit: Dict[str, Any], told: bool) -> bool:
    """Whether it may have died in the middle of a save: of a signal it does not handle, or of an error of its own."""
    code = exit.get("exit_code")
    if exit.get("signal"):
        return True
    return code in DEADLY_CODES or bool(code) and not told
