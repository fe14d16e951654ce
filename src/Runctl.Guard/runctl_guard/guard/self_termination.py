"""`on_exit = "terminate"`: ends the machine once nobody on it needs it any more. A shutdown from inside terminates it."""
import shutil
import subprocess
import time
from typing import List

from ..runs import webhook
from ..runs.registry import all_runs, unreadable
from ..runs.run import ENDED, Run
from ..system import paths

ASKED, WAITING, OVER = "asked", "waiting", "over"


def ask(run: Run) -> None:
    """At the end of a run, when S3 has all of it; once an attempt."""
    state = run.state
    if run.spec["policy"].get("on_exit") == "terminate" and state["state"] in ("finished", "failed") \
            and not state.get("leaving"):
        run.update(leaving=ASKED)


class SelfTermination:
    def __init__(self) -> None:
        self._due = 0.0

    def look(self, runs: List[Run]) -> None:
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + 1.0
        asking = [run for run in runs if run.state.get("leaving") in (ASKED, WAITING)]
        if asking:
            # Read anew: a run that has just come counts too.
            self._decide(asking, all_runs(), unreadable())

    def _decide(self, asking: List[Run], runs: List[Run], unknown: List[str]) -> None:
        busy = [run.id for run in runs if run.state["state"] not in ENDED] + unknown
        unsaved = [run.state["unsaved"] for run in runs if run.state.get("unsaved")]
        if busy:
            for run in asking:
                if run.state["leaving"] == ASKED:
                    _say(run, WAITING, "TerminationWaits", "The instance is shut down when %s has ended." % ", ".join(busy))
        elif unsaved:
            for run in asking:
                _say(run, OVER, "KeptForCheckpoint", "The instance is not shut down: %s is only on its disk."
                     % ", ".join(unsaved))
        elif not any(run.state.get("record_pending") or webhook.pending(run) for run in runs):
            for run in asking:
                run.update(leaving=OVER)
            problem = _power_off()
            for run in asking if problem else ():
                _say(run, OVER, "CannotTerminate", problem)


def _say(run: Run, leaving: str, id: str, message: str) -> None:
    run.warn(id, message)
    # S3 is to have it as well.
    run.update(leaving=leaving, record_pending=True)


def _power_off() -> str:
    """Why not, where it does not work."""
    program = shutil.which("shutdown")
    if not program or paths.rooted() and not program.startswith(paths.root().rstrip("/") + "/"):
        return "The instance is not shut down: it is not a machine of its own."
    done = subprocess.run([program, "-h", "now"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL)
    return "The instance could not be shut down." if done.returncode else ""
