"""Starts what has to outlive us: the guard and its keeper, or units of systemd."""
import os
import signal
import subprocess
import sys
import time
from typing import Any, Dict, List, Optional

from ..errors import NO_GUARD, GuardError
from ..system import files, paths, processes
from ..system.guard_log import log_exception
from .systemd import has_systemd, own_scope, start_guard, start_training

# The guard left on purpose; any other end of it is a crash, and it is started again.
LEFT = 75
# A keeper whose guard has left is gone within this.
KEEPER_SECONDS = 2.0


def ours(*arguments: str) -> List[str]:
    """The command line of this program, apart from any Python settings of the user."""
    return [sys.executable or "/usr/bin/python3", "-IBS", paths.program()] + list(arguments)


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


def detach(arguments: List[str], log: Optional[str] = None, environment: Optional[Dict[str, str]] = None) -> Any:
    """A process in a session of its own, with nothing of ours open: an SSM command ends without it."""
    output = os.open(log or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        return subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/",
                                start_new_session=True, close_fds=True, env=environment)
    finally:
        os.close(output)


def ensure_guard() -> Dict[str, Any]:
    """Starts the guard if none is alive, and puts this program in the place of an older one."""
    with files.locked(os.path.join(paths.home(), "start.lock")):
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
        end, due = time.monotonic() + 10, 0.0
        while time.monotonic() < end:
            # More than once: one that has just died may still count as running.
            if has_systemd() and time.monotonic() >= due:
                start_guard(ours("guard"), LEFT)
                due = time.monotonic() + 1
            identity = guard_identity()
            if identity and identity.get("ready"):
                return identity
            time.sleep(0.02)
    raise GuardError("GuardNotStarted", "The guard did not start; see guard.log.", NO_GUARD)


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


def start_starter(run_id: str) -> Any:
    """Our child, but not in the guard's unit: what ends the guard does not end a setup command."""
    return detach(own_scope() + ours("prepare", "--run", run_id), paths.log())


def start_reaper(run_id: str, attempt: int) -> None:
    if has_systemd():
        start_training("%s-%d" % (run_id, attempt), ours("reaper", "--run", run_id))
    else:
        detach(ours("reaper", "--run", run_id), paths.log())


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
