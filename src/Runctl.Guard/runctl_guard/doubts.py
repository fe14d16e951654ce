"""What speaks against a checkpoint that looks good: it may have been cut off in the middle of its save."""
from typing import Optional

from .checkpoints import Candidate
from .clock import parse_utc
from .journal import Journal
from .run import Run
from .validate import NotUsable, Validation

# A directory may be incomplete although none of its files was open when its writer died.
LAST_MOMENTS = 2.0
# Times of files are a little behind the clock.
FILE_CLOCK = 0.05
# Until who does not catch a signal is dead.
DEATH_SECONDS = 1.0
# 128 + SIGHUP, SIGINT, SIGTERM: trainings that save at a signal end so as well.
ORDINARY_CODES = (129, 130, 143)


class Doubts:
    def __init__(self, run: Run) -> None:
        self._journal = Journal(run)
        self._exit = run.exit() or {}

    def against(self, candidate: Candidate, validation: Validation) -> Optional[str]:
        """Why it should give way to another, None where nothing does; NotUsable for a file that was being written."""
        if candidate.kind == "file" and validation.level == "full":
            return None
        if self._cut_off(candidate, "unfinished"):
            reason = "a process that was writing to it was killed"
            if candidate.kind == "file":
                raise NotUsable(reason)
            return reason
        if self._cut_off(candidate, "endangered"):
            return "a process that was writing to it may have died at once of the signal"
        killed, died = self._journal.first("kill"), self._died()
        late = killed is not None and candidate.saved >= killed["at"] - (
            # Of a single file it was known at our own kill whether it was open.
            FILE_CLOCK if candidate.kind == "file" else LAST_MOMENTS)
        # Who was left behind may save after a death, and is killed later.
        if died is not None and not (killed and died >= killed["at"]):
            late = late or died - LAST_MOMENTS <= candidate.saved < died + DEATH_SECONDS
        return "it was changed right before the training died, and may be incomplete" if late else None

    def _cut_off(self, candidate: Candidate, how: str) -> bool:
        return any(candidate.path in entry.get(how, ()) for entry in self._journal.all("kill")) \
            or any(candidate.path in entry.get(how, ()) and candidate.saved < entry["at"] + DEATH_SECONDS
                   for entry in self._journal.all("signal"))

    def _died(self) -> Optional[float]:
        """When the training died by itself; None where it came to an end, and where that is not known."""
        code, ended = self._exit.get("exit_code"), self._exit.get("ended")
        if not code or not ended or self._journal.get("signal") and (code < 128 or code in ORDINARY_CODES):
            return None
        return parse_utc(ended)
