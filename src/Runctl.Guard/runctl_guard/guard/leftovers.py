"""When a run is over: its script has ended, and so have its trainers. What else is left is told, and then killed."""
import time
from typing import Dict

from ..interruption.rehearsal import PATIENCE_SECONDS
from ..interruption.teller import Teller
from ..interruption.trainer_watch import TrainerWatch
from ..runs.journal import Journal, seconds_since
from ..runs.run import Run
from ..system import processes
from ..system.guard_log import best_effort
from ..system.processes import Process


class Leftovers:
    def __init__(self, run: Run, watch: TrainerWatch) -> None:
        self._run, self._watch = run, watch
        # Kept in memory: a full disk does not take what the journal says.
        self._teller = Teller(run, Journal(run), watch, "leftover")

    def lives(self) -> bool:
        """Whether the script or one of its trainers does: a training in the background is the run."""
        if self._watch.target.main_alive():
            return True
        if not self._watch.alive():
            return False
        exit = self._run.exit()
        if exit is not None and not self._run.state.get("background"):
            self._run.update(background=True)
            best_effort(lambda: self._run.warn(
                "TrainingInBackground", "The script ended with exit code %s. The run continues until the training that it left in "
                "the background has ended." % exit.get("exit_code"), exit_code=exit.get("exit_code"),
                pids=sorted(pid for pid, _ in self._watch.found.reasons)))
        return True

    def ended(self) -> bool:
        """True once nothing is left of the run."""
        run, target = self._run, self._watch.target
        training, exit = run.training(), run.exit()
        if not training and not exit:
            return False
        members = target.members()
        if not members:
            # The reaper writes the exit code a moment after the process is gone.
            return exit is not None or not processes.find((training or {}).get("reaper"))
        return exit is not None and self._end(members)

    def _end(self, members: Dict[int, Process]) -> bool:
        """It gets time to show that it trains, then the signal, then grace, then SIGKILL."""
        run = self._run
        grace = float(run.spec["policy"].get("grace_seconds", 90.0))
        since = run.state.get("left_behind_at")
        if since is None:
            # By a clock that cannot be set: set back it would never end, set forward there would be no grace.
            run.update(left_behind_at=time.monotonic())
            return False
        if time.monotonic() - since < min(grace, PATIENCE_SECONDS):
            return False
        first = self._teller.journal.first("leftover")
        if first is None or seconds_since(first) < grace:
            self._teller.leftovers(members)
            return False
        best_effort(lambda: run.warn(
            "ProcessesLeft", "Processes of the training were still there after its end. They were told to stop, and then "
            "killed.", pids=sorted(members)))
        self._teller.journal.write("kill", pids=sorted(members), unfinished=self._teller.unfinished(members))
        self._watch.target.kill()
        return True
