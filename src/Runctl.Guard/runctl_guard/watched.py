"""What the guard keeps in memory about one run; all of it can be lost."""
import threading
import time
from typing import Any, Callable, Dict, Optional

from .alerts import Alerts
from .errors import complain
from .mirror import Mirror
from .run import Run
from .services import Services
from .target import ProcessTarget


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

    def busy(self, name: str) -> bool:
        thread = self._work.get(name)
        return thread is not None and thread.is_alive()

    def do(self, name: str, act: Callable[[], None]) -> None:
        """Runs it in a thread of its own unless it still does; whatever fails there is tried again later."""
        if self.busy(name):
            return

        def guarded() -> None:
            try:
                act()
            except Exception:
                complain()
                self._due[name] = time.monotonic() + 2.0
        self._work[name] = threading.Thread(target=guarded, name="%s %s" % (name, self.run.id), daemon=True)
        self._work[name].start()

    def every(self, name: str, seconds: float, act: Callable[[], None]) -> None:
        if time.monotonic() >= self._due.get(name, 0.0) and not self.busy(name):
            self._due[name] = time.monotonic() + seconds
            self.do(name, act)
