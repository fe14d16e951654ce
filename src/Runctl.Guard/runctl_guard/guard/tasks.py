"""Work for one run that the guard does in threads of its own, and how long it waits after a failure."""
import threading
import time
from typing import Callable, Dict, Tuple

from ..system.guard_log import log_exception

# Between two tries of what fails again and again.
LONGEST_PAUSE = 60.0

# The tasks. Of each one thread at most is at work for a run.
SEQUENCE = "sequence"        # the sequence of an interruption
FINISH = "finish"            # the ordinary end of a training
SETTLE = "settle"            # the end into the record
LATE = "late"                # the last checkpoint, which S3 did not take at the end
MIRROR = "mirror"            # the newest checkpoint, while the training runs
TRAINERS = "trainers"        # which processes train, while the training runs
SHIP = "ship"                # log and events to S3
COMPACTION = "compaction"    # small segments of the log into large ones
ALERT = "alert"              # events to the webhook
WITHDRAWN = "withdrawn"      # a new start after a notice that came to nothing


class BackgroundTasks:
    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._threads: Dict[str, threading.Thread] = {}
        self._due: Dict[str, float] = {}
        # By task that failed: how long it is left alone, and since when.
        self._failed: Dict[str, Tuple[float, float]] = {}

    def busy(self, name: str) -> bool:
        thread = self._threads.get(name)
        return thread is not None and thread.is_alive()

    def do(self, name: str, act: Callable[[], None], longest: float = LONGEST_PAUSE) -> None:
        """Starts a thread for the task unless it has one. A task that fails waits, each time longer, for `longest` at most."""
        pause, since = self._failed.get(name, (0.0, 0.0))
        if self.busy(name) or time.monotonic() < since + min(pause, longest):
            return

        def guarded() -> None:
            try:
                act()
                self._failed.pop(name, None)
            except Exception:
                log_exception()
                self._failed[name] = min(LONGEST_PAUSE, pause * 2 or 2.0), time.monotonic()
        self._threads[name] = threading.Thread(target=guarded, name="%s %s" % (name, self._run_id), daemon=True)
        self._threads[name].start()

    def every(self, name: str, seconds: float, act: Callable[[], None], longest: float = LONGEST_PAUSE) -> None:
        if time.monotonic() >= self._due.get(name, 0.0) and not self.busy(name):
            self._due[name] = time.monotonic() + seconds
            self.do(name, act, longest)
