"""The parent of a training: outlives the guard, writes down how the training ended, and adopts its orphans."""
import ctypes
import errno
import os
import signal
import threading
import time
from typing import Any, Callable, Dict, List, Optional

from ..runs.journal import Journal
from ..runs.run import ENDED, Interrupted, Run
from ..runs.spec import run_user
from ..service.guard_process import wake_guard
from ..service.systemd import has_systemd
from ..system import files, paths, processes
from ..system.clock import utc_text
from ..system.users import User
from . import launch

PR_SET_CHILD_SUBREAPER = 36
# Between tries to write down how the training ended.
WRITE_SECONDS = 1.0


def main(run_id: str, on_stop: Callable[[Run], None]) -> int:
    """`on_stop` is called in a thread when systemd stops the unit of the training."""
    run = Run(run_id)
    lock = files.take_lock(run.file("reaper.lock"), wait=False)
    if lock is None or run.training() or run.exit():
        return 0  # Another reaper has this attempt: nothing is ever started twice.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if has_systemd():
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=on_stop, args=(run,)).start())
    try:
        # Orphans of the training come to us instead of to init: nothing escapes by leaving its session.
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    except (OSError, AttributeError):
        pass
    try:
        pid = _start(run)
    except Interrupted:
        return 0
    except Exception as error:
        _write_exit(run, None, {"id": getattr(error, "id", "TrainingNotStarted"), "message": str(error),
                                "target": getattr(error, "target", None)})
        return 1
    _reap(run, pid)
    return 0


def _start(run: Run) -> int:
    from ..aws.session import Session
    state, spec = run.state, run.spec
    user = run_user(run)
    restored = (state.get("restored") or {}).get("path")
    argv = launch.command(spec, state["project_dir"], user, restored)
    # Secrets may take their time to come; the sequence does not wait for them.
    environment = launch.environment(run, user, Session().secrets(spec))
    with files.locked(run.file("sequence.lock")):
        if Journal(run).begun or state["attempt"] != run.state["attempt"] or run.state["state"] in ENDED:
            raise Interrupted()
        pid = _fork(run, argv, environment, user)
        try:
            _write_training(run, pid)
        except BaseException:
            # What nobody knows of nobody would guard.
            os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise
    return pid


def _fork(run: Run, argv: List[str], environment: Dict[str, str], user: User) -> int:
    log = files.append_to(run.file("log"))
    ready, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        _child(argv, environment, user, run.state["project_dir"], log, told)
    os.close(told)
    failure = os.read(ready, 16)
    os.close(ready)
    os.close(log)
    if failure:
        os.waitpid(pid, 0)
        raise OSError(int(failure), "%s cannot be started: %s" % (argv[0], os.strerror(int(failure))))
    return pid


def _write_training(run: Run, pid: int) -> None:
    process = processes.read(pid)
    identity: Dict[str, Any] = process.identity() if process else {"pid": pid, "start_time": 0, "boot_id": ""}
    files.write_json(run.file("training.json"), dict(
        identity, schema=1, attempt=run.state["attempt"], started=utc_text(),
        reaper=processes.own().identity(), cgroup=_own_cgroup()))


def _child(argv: List[str], environment: Dict[str, str], user: User, directory: str, log: int, told: int) -> None:
    """Never returns: becomes the training, or tells the parent the error number through the pipe."""
    try:
        os.setsid()
        null = os.open("/dev/null", os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        # Python ignores SIGPIPE; programs expect it. Ours are not theirs either.
        for number in (signal.SIGPIPE, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        launch.enter(user, directory)
        os.execve(argv[0], argv, environment)
    except OSError as error:
        os.write(told, str(error.errno or errno.EIO).encode())
    finally:
        os._exit(127)


def _own_cgroup() -> Optional[str]:
    """The training unit's cgroup where systemd gave us one; beside the older hierarchies it has a folder of its own."""
    if paths.rooted():
        return None
    try:
        with open("/proc/self/cgroup") as file:
            path = next(line.split(":", 2)[2].strip() for line in file if line.startswith("0::"))
    except (OSError, StopIteration):
        return None
    found = ["/sys/fs/cgroup" + folder + path for folder in ("", "/unified") if "runctl-training-" in path]
    return next(filter(os.path.isdir, found), None)


def _reap(run: Run, main_pid: int) -> None:
    """Waits for everybody; the end of the main process is written at once."""
    while True:
        try:
            pid, status = os.waitpid(-1, 0)
        except ChildProcessError:
            return
        if pid == main_pid:
            _write_exit(run, status, None)


def _write_exit(run: Run, status: Optional[int], error: Optional[Dict[str, Any]]) -> None:
    code = number = None
    if status is not None:
        number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
        code = 128 + number if number else os.WEXITSTATUS(status)
    attempt = run.state["attempt"]
    body = {"schema": 1, "attempt": attempt, "exit_code": code, "signal": number, "ended": utc_text(), "error": error}
    # Nobody else knows an exit code: it waits for a full disk, as long as somebody may ask.
    while run.state.get("attempt") == attempt:
        try:
            files.write_json(run.file("exit.json"), body)
            break
        except OSError:
            if error:
                raise
            time.sleep(WRITE_SECONDS)
    wake_guard()
