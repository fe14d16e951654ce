"""What the guard keeps in memory about one run; all of it can be lost."""
import threading
import time
from typing import Any, Callable, Dict, Optional, Tuple

from ..aws.session import Services
from ..checkpoints.mirror import Mirror
from ..runs.run import Run
from ..runs.target import ProcessTarget
from ..runs.webhook import Alerts
from ..system.guard_log import log_exception

# Between two tries of what fails again and again.
LONGEST_PAUSE = 60.0


class Watched:
    def __init__(self, run: Run, services: Services) -> None:
        self.run = run
        self.target = ProcessTarget(run)
        self.mirror = Mirror(run, services)
        self.alerts = Alerts(run, services)
        self.starter: Optional[Any] = None
        self.starters: Dict[Any, int] = {}
        self._work: Dict[str, threading.Thread] = {}
        self._due: Dict[str, float] = {}
        # How long each that failed is left alone, and since when.
        self._failed: Dict[str, Tuple[float, float]] = {}

    def busy(self, name: str) -> bool:
        thread = self._work.get(name)
        return thread is not None and thread.is_alive()

    def do(self, name: str, act: Callable[[], None], longest: float = LONGEST_PAUSE) -> None:
        """Runs it in a thread of its own unless it still does; what failed there waits, each time longer, for `longest` at most."""
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
        self._work[name] = threading.Thread(target=guarded, name="%s %s" % (name, self.run.id), daemon=True)
        self._work[name].start()

    def every(self, name: str, seconds: float, act: Callable[[], None], longest: float = LONGEST_PAUSE) -> None:
        if time.monotonic() >= self._due.get(name, 0.0) and not self.busy(name):
            self._due[name] = time.monotonic() + seconds
            self.do(name, act, longest)
