"""`attach`: guards a process that Runctl did not start. It is not in our tree, and its exit code stays unknown."""
import fnmatch
import os
import pwd
import time
from typing import Any, Dict, Iterator, List, Optional, Tuple

from ..aws.session import Session
from ..errors import REFUSED, GuardError
from ..runs import attempts
from ..runs.record import RunRecord, patiently
from ..runs.registry import all_runs
from ..runs.run import ENDED, Run
from ..runs.spec import check_spec, checkpoint_directory
from ..service.guard_process import ensure_guard, wake_guard
from ..system import command_lines, files, paths, processes
from ..system.clock import utc_text
from ..system.processes import Process
from ..system.user_files import open_readable
from ..system.users import by_id, find_user

MOST_SHOWN = 10


def attach(spec: Dict[str, Any]) -> Dict[str, Any]:
    """The run's state; of the run that guards the process already, where there is run."""
    check_spec(spec)
    run, claim = Run(spec["run_id"]), spec["attempt"]
    if not attempts.joined(run, claim):
        process = find_target(spec)
        known = _guarded_by(process)
        if known:
            run = known
        else:
            _begin(run, spec, claim, process)
    ensure_guard()
    wake_guard()
    return dict(run.shown(), script=run.spec["script"])


def _begin(run: Run, spec: Dict[str, Any], claim: Dict[str, Any], process: Process) -> None:
    directory = os.readlink("/proc/%d/cwd" % process.pid)
    attempts.refuse_shared_directory(run, checkpoint_directory(spec, directory))
    began = time.time() - processes.age(process)
    spec = dict(spec, script=script_of(process))
    session = Session()
    attempts.new_attempt(run, spec, dict(claim, attached=True), session.instance_id(), by_id(_uid(process.pid)),
                         project_dir=directory, pid=process.pid, state="running", started_at=began,
                         started=utc_text(began))
    files.write_json(run.file("training.json"), dict(process.identity(), schema=1, attempt=claim["number"],
                                                     attached=True, reaper=None))
    record = RunRecord.of(run, session)
    if record:
        try:
            patiently(lambda: record.take(run))
        except GuardError:
            # Nobody else knows of it: as if it had not been asked for.
            run.update(state="failed", ended=utc_text())
            raise
    run.emit("TrainingStarted", "Training started on instance %s: %s (process %d)"
             % (run.state["instance_id"], spec["script"], process.pid), pid=process.pid, first_step=None,
             resumed_from=None, attached=True)
    if not os.path.isdir(run.state["checkpoint_dir"]):
        run.warn("CheckpointDirectoryMissing", "There is no %s yet: checkpoints saved elsewhere are not seen."
                 % run.state["checkpoint_dir"], path=run.state["checkpoint_dir"])


def script_of(process: Process) -> str:
    return command_lines.script_of(processes.arguments(process.pid) or [process.name])


def _uid(pid: int) -> int:
    return os.stat("/proc/%d" % pid).st_uid


def _guarded_by(process: Process) -> Optional[Run]:
    for run in all_runs():
        state = run.state
        if state["state"] in ENDED:
            continue
        if state["claim"].get("attached"):
            known = processes.find(run.training())
            if known and known.identity() == process.identity():
                return run
        elif processes.environment_has(process.pid, [("RUNCTL_RUN_ID=%s" % run.id).encode()]):
            raise GuardError("ProcessGuarded", "Process %d belongs to %s, which is guarded already."
                             % (process.pid, run.id), REFUSED, run.id)
    return None


def find_target(spec: Dict[str, Any]) -> Process:
    target = spec.get("target") or {}
    if target.get("pattern"):
        return _match(spec, target["pattern"])
    pid, name = target.get("pid"), target.get("pid_file")
    written = None
    if name:
        try:
            pid, written = _pid_file(paths.under_root(name))
        except OSError as error:
            raise GuardError("ProcessNotFound", "The pid file cannot be read: %s" % error, target=name)
        except (ValueError, IndexError):
            # The error does not quote the file: it may hold secrets.
            raise GuardError("ProcessNotFound", "The pid file %s does not begin with a number." % name, target=name)
    process = processes.read(int(pid)) if pid is not None else None
    if process is None or not processes.alive(process):
        raise GuardError("ProcessNotFound", "There is no process %s." % pid, target=str(pid))
    if not processes.arguments(process.pid) or process.pid in _ours(processes.table()):
        raise GuardError("ProcessRefused", "Process %d (%s) is no training: it belongs to the system or to Runctl."
                         % (process.pid, process.name), target=str(pid))
    if written is not None:
        if time.time() - processes.age(process) > written + 60:
            raise GuardError("ProcessNotFound", "%s is older than process %d, which is another one than it means."
                             % (name, process.pid), target=name)
        if not _allowed(spec, process):
            raise GuardError("ProcessOfOther", "Process %d belongs to %s." % (process.pid, _owner(process)), target=name)
    return process


def _pid_file(path: str) -> Tuple[int, float]:
    """The number in it, and when it was written."""
    descriptor = open_readable(path, None)
    try:
        return int(os.pread(descriptor, 64, 0).split()[0]), os.fstat(descriptor).st_mtime
    finally:
        os.close(descriptor)


def _ours(table: Dict[int, Process]) -> List[int]:
    """Who runs this very command, up to init, and Runctl's own programs."""
    own = [1, os.getpid()]
    while own[-1] in table:
        own.append(table[own[-1]].parent)
    programs = os.path.join(paths.home(), "guard", "")
    return own + [pid for pid in table if any(programs in word for word in processes.arguments(pid))]


def _allowed(spec: Dict[str, Any], process: Process) -> bool:
    return bool(spec["target"].get("any_user")) or _uid(process.pid) == find_user(spec.get("user")).uid


def _owner(process: Process) -> str:
    uid = _uid(process.pid)
    known = by_id(uid)
    if known.uid == uid:
        return known.name
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _matching(spec: Dict[str, Any], pattern: str, table: Dict[int, Process]) -> Iterator[Process]:
    ours = set(_ours(table))
    for pid, process in table.items():
        line = processes.command_line(pid)
        if pid not in ours and line:
            names = (process.name, processes.program_name(process), os.path.basename(line.split(" ")[0]), line)
            if any(fnmatch.fnmatchcase(name.lower(), pattern.lower()) for name in names):
                yield process


def _described(process: Process) -> str:
    """A line that tells it from others, without its arguments: the answer of a command is kept by SSM."""
    try:
        place, age = os.readlink("/proc/%d/cwd" % process.pid), processes.age(process)
    except OSError:
        return "\n%d is gone" % process.pid
    return "\n%d %s %s in %s, running for %d s" % (
        process.pid, _owner(process), command_lines.shown(processes.arguments(process.pid)), place, age)


def _match(spec: Dict[str, Any], pattern: str) -> Process:
    """The topmost process whose name or command line matches; refused where it could be one of several."""
    table = processes.table()
    matching = list(_matching(spec, pattern, table))
    allowed = [process for process in matching if _allowed(spec, process)]
    found = {process.pid for process in allowed}
    top = sorted(process for process in allowed if process.parent not in found)
    if len(top) == 1:
        return top[0]
    if top:
        message = "%d processes match %s." % (len(top), pattern)
    elif matching:
        top, message = sorted(matching), "Only processes of other users match %s." % pattern
    else:
        raise GuardError("ProcessNotFound", "No process matches %s." % pattern, target=pattern)
    text = "".join(map(_described, top[:MOST_SHOWN]))
    more = "\nand %d more" % (len(top) - MOST_SHOWN) if len(top) > MOST_SHOWN else ""
    raise GuardError("AmbiguousProcess" if found else "ProcessOfOther", message + text + more, target=pattern)
