"""Attempts of a run on this instance: what a new one needs, and what it writes down."""
import os
from typing import Any, Dict, Optional

from ..errors import REFUSED, GuardError
from ..system import files, paths
from ..system.users import User, find_user
from . import run_log
from .registry import all_runs, close_home
from .run import ENDED, Run
from .spec import checkpoint_directory, project_directory

OF_AN_ATTEMPT = ("exit.json", "training.json", "request.json", "urgent.json", "trainers.json")


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
    shared = paths.training_directory(run.id)
    files.make_folder(shared)
    if before:
        for path in [run.file(name) for name in OF_AN_ATTEMPT] + [run.shared_file(name) for name in ("progress", "stop")]:
            files.rename(path, "%s.%d" % (path, before["attempt"]))
    for name in ("protected", "tickets"):
        files.remove_folder(run.file(name))
    files.write_json(run.file("spec.json"), {name: value for name, value in spec.items() if name != "attempt"})
    files.new_file_for(os.path.join(shared, "progress"), user.uid if user.switch else None, user.gid)
    os.close(files.append_to(run.file("log")))
    files.write_json(run.file("state.json"), dict({
        "schema": 1, "run_id": run.id, "project_name": spec["project_name"], "attempt": claim["number"], "claim": claim,
        "state": "preparing", "instance_id": instance_id, "pid": None, "started": None, "ended": None,
        "log_begins": before.get("log_begins", []) + [[claim["number"], run_log.extent(run)[1]]],
        "exit_code": None, "signal": None, "checkpoint": None, "resumed_from": None, "phases": [], "error": None,
        "uid": user.uid if user.switch else None, "project_dir": project, "training_dir": shared,
        "upload_rate": before.get("upload_rate"), "last_save_seconds": before.get("last_save_seconds"),
        "checkpoint_dir": checkpoint_directory(spec, project)}, **more))


def _directory(run: Run) -> None:
    files.make_folder(run.directory)
    close_home()
