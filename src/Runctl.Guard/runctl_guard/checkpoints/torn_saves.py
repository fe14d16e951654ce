"""What speaks against a checkpoint that looks good: it may have been cut off in the middle of its save."""
import os
import signal
from typing import Optional

from ..runs.journal import Journal
from ..runs.run import Run
from ..system.clock import parse_utc
from .discovery import Candidate, log_like
from .validation import NotUsable, Validation

# A directory may be incomplete although none of its files was open when its writer died.
LAST_MOMENTS = 2.0
# Times of files are a little behind the clock.
FILE_CLOCK = 0.05
# Until who does not catch a signal is dead.
DEATH_SECONDS = 1.0
# What nobody saves at; of any other code a training that was signalled may have made its end.
DEADLY_CODES = tuple(128 + number for number in (signal.SIGKILL, signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL,
                                           signal.SIGFPE))
# What the journal says of checkpoints that a process was writing when it was killed, or when it may have died.
CUT_OFF = ("unfinished", "endangered")


class TornSaves:
    def __init__(self, run: Run) -> None:
        self._run, self._journal = run, Journal(run)
        self._exit, self._restored = run.exit() or {}, run.state.get("restored")

    def against(self, candidate: Candidate, validation: Validation) -> Optional[str]:
        """Why it should give way to another, None where nothing does; NotUsable for a file that was being written."""
        if candidate.kind == "file" and validation.level == "full" or self._run.committed(candidate.identity, candidate.name):
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

    def give_way(self, candidate: Candidate, other: Candidate, source: str) -> bool:
        """Whether a doubtful one does so to another, read from `source`. Unless it was seen to be cut off, it does not
        where it has all that is in that one, nor, after an error of its own, to what the attempt began with."""
        if self.cut_off(candidate):
            return True
        began_with = (self._restored or {}).get("identity") == other.identity \
            and self._exit.get("exit_code") not in DEADLY_CODES
        return not began_with and not _has_all(candidate, other, source)

    def cut_off(self, candidate: Candidate) -> bool:
        """Whether somebody who was writing to it was killed, or may have died."""
        return any(self._cut_off(candidate, how) for how in CUT_OFF)

    def _cut_off(self, candidate: Candidate, how: str) -> bool:
        return any(candidate.path in entry.get(how, ()) for entry in self._journal.all("kill")) \
            or any(candidate.path in entry.get(how, ()) and candidate.saved < entry["at"] + DEATH_SECONDS
                   for entry in self._journal.all("signal"))

    def _died(self) -> Optional[float]:
        """When the training died by itself; None where it came to an end, and where that is not known."""
        code, ended = self._exit.get("exit_code"), self._exit.get("ended")
        if not code or not ended or self._journal.get("signal") and code not in DEADLY_CODES:
            return None
        return parse_utc(ended)


def _has_all(candidate: Candidate, other: Candidate, source: str) -> bool:
    """Whether a directory has every file of the other, none smaller; what a log is called says its time."""
    try:
        return candidate.kind == other.kind == "directory" and all(
            os.path.getsize(os.path.join(candidate.path, name)) >= os.path.getsize(os.path.join(source, name))
            for name in other.files if not log_like(name))
    except OSError:
        return False
