"""Attempts of a run on this instance: what a new one needs, and what it writes down."""
import os
import shutil
from typing import Any, Dict, Optional

from ..errors import REFUSED, GuardError
from ..system import files, paths
from ..system.users import User, find_user
from . import run_log
from .registry import all_runs
from .run import ENDED, Run
from .spec import checkpoint_directory, project_directory


def joined(run: Run, claim: Dict[str, Any]) -> bool:
    """True for a call that was made before, as after a lost answer: then it is only waited for."""
    state = run.state
    if not state:
        return False
    if state["claim"]["nonce"] == claim["nonce"] and state["attempt"] == claim["number"]:
        return True
    if state["state"] not in ENDED:
        raise GuardError("RunActive", "Attempt %d of %s is %s on this instance."
                         % (state["attempt"], run.id, state["state"]), REFUSED, run.id)
    if claim["number"] <= state["attempt"]:
        raise GuardError("ClaimLost", "Attempt %d of %s was here already." % (state["attempt"], run.id), REFUSED, run.id)
    return False


def refuse_shared_directory(run: Run, directory: str) -> None:
    for other in all_runs():
        state = other.state
        if other.id != run.id and state["state"] not in ENDED and \
                os.path.realpath(state["checkpoint_dir"]) == os.path.realpath(directory):
            raise GuardError("CheckpointDirectoryInUse", "%s is the checkpoint directory of %s, which is %s. "
                             "A second run on this instance needs one of its own."
                             % (directory, other.id, state["state"]), REFUSED, other.id)


def new_attempt(run: Run, spec: Dict[str, Any], claim: Dict[str, Any], instance_id: str,
                user: Optional[User] = None, **more: Any) -> None:
    """Writes the run's directory for this attempt; what the one before left is kept under its number."""
    user = user or find_user(spec.get("user"))
    project = more.pop("project_dir", None) or project_directory(spec, user)
    _directory(run)
    before = run.state
    for name in ("exit.json", "training.json", "progress", "request.json", "urgent.json", "stop", "trainers.json"):
        if before and os.path.exists(run.file(name)):
            os.replace(run.file(name), run.file("%s.%d" % (name, before["attempt"])))
    for name in ("protected", "tickets"):
        shutil.rmtree(run.file(name), ignore_errors=True)
    files.write_json(run.file("spec.json"), {name: value for name, value in spec.items() if name != "attempt"})
    # The training appends to it; everything else here is the guard's.
    open(run.file("progress"), "ab").close()
    if user.switch:
        os.chown(run.file("progress"), user.uid, user.gid)
    open(run.file("log"), "ab").close()
    files.write_json(run.file("state.json"), dict({
        "schema": 1, "run_id": run.id, "project_name": spec["project_name"], "attempt": claim["number"], "claim": claim,
        "state": "preparing", "instance_id": instance_id, "pid": None, "started": None, "ended": None,
        "log_begins": before.get("log_begins", []) + [[claim["number"], run_log.extent(run)[1]]],
        "exit_code": None, "signal": None, "checkpoint": None, "resumed_from": None, "phases": [], "error": None,
        "uid": user.uid if user.switch else None, "project_dir": project,
        "upload_rate": before.get("upload_rate"), "last_save_seconds": before.get("last_save_seconds"),
        "checkpoint_dir": checkpoint_directory(spec, project)}, **more))


def _directory(run: Run) -> None:
    # The user has to reach `progress`, and nothing else in there is secret to him.
    os.makedirs(run.directory, exist_ok=True)
    for path in (paths.home(), paths.runs(), run.directory):
        os.chmod(path, 0o755)
