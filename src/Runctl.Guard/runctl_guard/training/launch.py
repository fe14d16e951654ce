"""What is executed, as whom and with which environment. The same for the training and for its setup command."""
import importlib.util
import os
import shutil
from typing import Any, Dict, List, Optional

from ..errors import GuardError
from ..runs.run import Run
from ..runs.spec import checkpoint_directory, stop_file
from ..system import files, paths
from ..system.machine_settings import etc_environment
from ..system.users import User

# What scripts may import of Runctl. It lies beside the guard's package in the program.
LIBRARY = "runctl_train"
STANDARD_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def search_path() -> str:
    given = os.environ.get("PATH", "")
    if paths.rooted() and given:
        return given
    known = given.split(":") if given else []
    return ":".join(known + [entry for entry in STANDARD_PATH.split(":") if entry not in known])


def _reachable(path: str, user: User) -> bool:
    """Whether the user may execute it: what root finds first may lie in root's home."""
    if not user.switch:
        return True
    path = os.path.realpath(path)
    while True:
        stat = os.stat(path)
        if not stat.st_mode & (0o100 if stat.st_uid == user.uid else 0o010 if stat.st_gid == user.gid else 0o001):
            return False
        if path == "/":
            return True
        path = os.path.dirname(path)


def system_python(user: User) -> str:
    for folder in search_path().split(":"):
        path = os.path.join(folder, "python3")
        if os.access(path, os.X_OK) and _reachable(path, user):
            return path
    raise GuardError("PythonNotFound", "There is no python3 on this instance that %s may execute." % user.name)


def find_python(spec: Dict[str, Any], project: str, user: User) -> str:
    """The configured one, the project's, the image's, what Runctl made, else the system's."""
    if spec.get("python"):
        python = spec["python"]
        if python.startswith("~/"):
            python = os.path.join(os.path.dirname(project), python[2:])
        found = shutil.which(python if "/" not in python else os.path.join(project, python), path=search_path())
        if not found:
            raise GuardError("PythonNotFound", "There is no Python at %s." % spec["python"], target=spec["python"])
        return found
    for python in (os.path.join(project, ".venv/bin/python"), paths.under_root("/opt/pytorch/bin/python"),
                   os.path.join(project, ".runctl-venv/bin/python")):
        if os.access(python, os.X_OK):
            return python
    return system_python(user)


def command(spec: Dict[str, Any], project: str, user: User, restored: Optional[str]) -> List[str]:
    """The training's argument list; `restored` is the checkpoint to go on from, as a path."""
    script = os.path.join(project, spec["script"])
    arguments = list(spec.get("arguments") or [])
    if restored:
        arguments += resume_arguments(spec.get("resume_arguments") or [], arguments, _seen_from(project, restored),
                                      _seen_from(project, checkpoint_directory(spec, project)))
    if script.endswith(".py"):
        return [find_python(spec, project, user), script] + arguments
    if script.endswith(".sh") or not os.access(script, os.X_OK):
        return [shutil.which("bash", path=search_path()) or "/bin/sh", script] + arguments
    return [script] + arguments


def resume_arguments(configured: List[str], arguments: List[str], checkpoint: str, directory: str) -> List[str]:
    """What is added on resume: nothing if the script's arguments have the same flag, as `--flag VALUE` or `--flag=VALUE`."""
    flags = []
    for before, part in zip([""] + configured, configured):
        start, found, _ = part.partition("{checkpoint")
        if found:
            name, equals, _ = start.rpartition("=")
            # A placeholder alone, or behind file://, is the value of the argument before it.
            flags.append(name if equals else start if start.startswith("-") else before)
    for flag in filter(None, flags or configured[:1]):
        # Hydra knows the same key with one plus or two.
        flag = flag.lstrip("+")
        if any(argument == flag or argument.startswith(flag + "=") for argument in (one.lstrip("+") for one in arguments)):
            return []
    return [part.replace("{checkpoint_dir}", directory).replace("{checkpoint}", checkpoint) for part in configured]


def _seen_from(project: str, path: str) -> str:
    shown = os.path.relpath(path, project)
    return path if shown.startswith("..") else shown


def environment(run: Run, user: User, resolved: Dict[str, str]) -> Dict[str, str]:
    """As at a login of the user, and what Runctl tells a training. `resolved` is the spec's, secrets filled in."""
    spec, state = run.spec, run.state
    values = {name: value for name, value in os.environ.items() if paths.PASSED_ON.match(name)}
    values.update(etc_environment())
    if spec.get("region"):
        values.setdefault("AWS_REGION", spec["region"])
        values.setdefault("AWS_DEFAULT_REGION", spec["region"])
    values.update(HOME=user.home, USER=user.name, LOGNAME=user.name, SHELL=user.shell, PATH=search_path())
    values.setdefault("LANG", "C.UTF-8")
    # Without it the log would come in blocks, and the last one not at all.
    values["PYTHONUNBUFFERED"] = "1"
    python = find_python(spec, state["project_dir"], user)
    if os.path.exists(os.path.join(os.path.dirname(os.path.dirname(python)), "pyvenv.cfg")):
        values["VIRTUAL_ENV"] = os.path.dirname(os.path.dirname(python))
        values["PATH"] = os.path.dirname(python) + ":" + values["PATH"]
    values.update(resolved)
    # Last, so that the user's own come first.
    values["PYTHONPATH"] = ":".join(filter(None, [values.get("PYTHONPATH"), run.shared_file("lib")]))
    values.update(RUNCTL_RUN_ID=run.id, RUNCTL_ATTEMPT=str(state["attempt"]),
                  RUNCTL_CHECKPOINT_DIR=state["checkpoint_dir"], RUNCTL_PROGRESS_FILE=run.shared_file("progress"))
    if spec["policy"].get("stop_signal"):
        values["RUNCTL_STOP_SIGNAL"] = spec["policy"]["stop_signal"]
    if spec["policy"].get("stop_file"):
        values["RUNCTL_STOP_FILE"] = stop_file(run)
    if spec["checkpoint"].get("save_interval") is not None:
        values["RUNCTL_SAVE_INTERVAL"] = str(spec["checkpoint"]["save_interval"])
    if state.get("restored"):
        values["RUNCTL_RESUME_FROM"] = state["restored"]["path"]
    return values


def install_library(run: Run) -> None:
    """Writes runctl_train.py where the training's Python finds it: in a folder that holds nothing else to be imported."""
    found: Any = importlib.util.find_spec(LIBRARY)
    source = found.loader.get_source(LIBRARY)
    folder = run.shared_file("lib")
    files.make_folder(folder)
    files.write_atomic(os.path.join(folder, LIBRARY + ".py"), source.encode("utf-8"), 0o644)


def enter(user: User, directory: str) -> None:
    """In a child before exec: becomes the user, in the directory."""
    from ..system.users import become
    become(user)
    os.chdir(directory)
