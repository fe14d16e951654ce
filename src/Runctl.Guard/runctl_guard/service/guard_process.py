"""The guard's process: whether it is alive, how it is woken, and how it is started or replaced."""
import os
import signal
import time
from typing import Any, Dict, Optional

from ..errors import NO_GUARD, GuardError
from ..system import files, paths, processes
from ..system.guard_log import best_effort, log_exception
from ..system.machine_settings import keep_machine_settings
from .spawn import detach, ours
from .systemd import has_systemd, start_guard

# The guard left on purpose; any other end of it is a crash, and it is started again.
LEFT = 75
# A small instance that has just booted reads the program from a cold disk.
START_SECONDS = 40.0


def guard_file() -> str:
    return os.path.join(paths.home(), "guard.json")


def guard_identity() -> Optional[Dict[str, Any]]:
    """guard.json of the guard that is alive; None when none is."""
    identity = files.read_json(guard_file())
    return identity if identity and processes.find(identity) else None


def wake_guard() -> None:
    identity = guard_identity()
    process = processes.find(identity)
    if process and identity and identity.get("ready"):
        processes.send(process, signal.SIGUSR1)


def ensure_guard() -> Dict[str, Any]:
    """Starts the guard if none is alive, and puts this program in the place of an older one."""
    with files.locked(os.path.join(paths.home(), "start.lock")):
        best_effort(keep_machine_settings)
        identity = guard_identity()
        if identity and identity.get("program") != paths.program():
            _hand_over(identity)
            identity = None
        if identity:
            return identity
        from . import bytecode_cache
        try:
            bytecode_cache.keep(paths.program())
        except Exception:  # Whatever it was, the sources are there.
            log_exception()
        if not has_systemd():
            detach(ours("keeper"))
        end, due = time.monotonic() + START_SECONDS, 0.0
        while time.monotonic() < end:
            # More than once: one that has just died may still count as running.
            if has_systemd() and time.monotonic() >= due:
                start_guard(ours("guard"), LEFT)
                due = time.monotonic() + 1
            identity = guard_identity()
            if identity and identity.get("ready"):
                return identity
            time.sleep(0.02)
    raise GuardError("GuardNotStarted", "The guard did not start within %.0f s; %s on the instance says why."
                     % (START_SECONDS, paths.log()), NO_GUARD)


def _hand_over(identity: Dict[str, Any]) -> None:
    """An older program steps back without touching the trainings: everything it knows is on disk."""
    process = processes.find(identity)
    if process:
        processes.send(process, signal.SIGHUP)
    end = time.monotonic() + 5
    while processes.find(identity) and time.monotonic() < end:
        time.sleep(0.02)
    if processes.find(identity):
        raise GuardError("GuardBusy", "An older guard is in the middle of an interruption.", NO_GUARD)
