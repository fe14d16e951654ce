"""The keeper: starts the guard where there is no systemd, and again whenever it dies."""
import os
import signal
import time
from typing import Any, List

from ..system import files, paths
from .guard_process import LEFT
from .spawn import detach, ours

# A keeper whose guard has left is gone within this.
KEEPER_SECONDS = 2.0


def keep() -> int:
    """The minimal parent: starts the guard, and again whenever it dies. One is enough, however often it is asked for."""
    child: List[Any] = []
    end = time.monotonic() + KEEPER_SECONDS
    while files.take_lock(os.path.join(paths.home(), "keeper.lock"), wait=False) is None:
        if time.monotonic() > end:
            return LEFT
        time.sleep(0.02)

    def pass_on(number: int, _: Any) -> None:
        if child:
            child[0].send_signal(number)

    signal.signal(signal.SIGTERM, pass_on)
    signal.signal(signal.SIGHUP, pass_on)
    pause = 0.05
    while True:
        started = time.monotonic()
        child[:] = [detach(ours("guard"), paths.log())]
        if child[0].wait() == LEFT:
            return 0
        pause = 0.05 if time.monotonic() - started > 5 else min(5.0, pause * 2)
        time.sleep(pause)
