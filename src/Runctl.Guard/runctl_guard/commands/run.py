"""`run`: takes a spec, writes the run down, has the guard start it, and waits until it lives or failed."""
import os
import shutil
import time
from typing import Any, Dict, Optional

from ..aws.session import Services
from ..errors import REFUSED, TRAINING_FAILED, GuardError
from ..runs import run_log
from ..runs.run import ENDED, PREPARING, Run, all_runs
from ..service.guard_process import ensure_guard, wake_guard
from ..system import files, paths
from ..system.users import User, find_user
from ..training import launch

LIVES_SECONDS = 2.0


def check_spec(spec: Any) -> None:
    """GuardError BadSpec naming the first thing that is wrong."""
    if not isinstance(spec, dict) or spec.get("schema") != 1:
        raise GuardError("BadSpec", "The spec is not one of schema 1.", target="schema")
    attempt = spec.get("attempt")
    needed = [("run_id", str), ("project_name", str), ("checkpoint", dict), ("policy", dict), ("attempt", dict)]
    for name, kind in needed + ([] if spec.get("target") else [("script", str)]):
        if not isinstance(spec.get(name), kind):
            raise GuardError("BadSpec", "The spec has no usable %s." % name, target=name)
    if not isinstance(attempt.get("number"), int) or not attempt.get("nonce"):
        raise GuardError("BadSpec", "The spec's attempt has no number or nonce.", target="attempt")
    if not isinstance(spec["checkpoint"].get("dir"), str):
        raise GuardError("BadSpec", "The spec's checkpoint has no dir.", target="checkpoint.dir")
    if os.readlink("/proc/self") != str(os.getpid()):
        raise GuardError("ProcNotOurs", "/proc shows the processes of another namespace.")


def run(spec: Dict[str, Any]) -> Dict[str, Any]:
    check_spec(spec)
    one = Run(spec["run_id"])
    claim = spec["attempt"]
    if not joined(one, claim):
        user = find_user(spec.get("user"))
        project = launch.project_directory(spec, user)
        if spec.get("code") is None and not os.path.isfile(os.path.join(project, spec["script"])):
            raise GuardError("ScriptNotFound", "There is no %s in %s." % (spec["script"], project), REFUSED,
                             spec["script"])
        refuse_shared_directory(one, launch.checkpoint_directory(spec, project))
        new_attempt(one, spec, claim)
    ensure_guard()
    wake_guard()
    return _await_living(one)


def joined(one: Run, claim: Dict[str, Any]) -> bool:
    """True for a call that was made before, as after a lost answer: then it is only waited for."""
    state = one.state
    if not state:
        return False
    if state["claim"]["nonce"] == claim["nonce"] and state["attempt"] == claim["number"]:
        return True
    if state["state"] not in ENDED:
        raise GuardError("RunActive", "Attempt %d of %s is %s on this instance."
                         % (state["attempt"], one.id, state["state"]), REFUSED, one.id)
    if claim["number"] <= state["attempt"]:
        raise GuardError("ClaimLost", "Attempt %d of %s was here already." % (state["attempt"], one.id), REFUSED, one.id)
    return False


def refuse_shared_directory(one: Run, directory: str) -> None:
    for other in all_runs():
        state = other.state
        if other.id != one.id and state["state"] not in ENDED and \
                os.path.realpath(state["checkpoint_dir"]) == os.path.realpath(directory):
            raise GuardError("CheckpointDirectoryInUse", "%s is the checkpoint directory of %s, which is %s. "
                             "A second run on this instance needs one of its own."
                             % (directory, other.id, state["state"]), REFUSED, other.id)


def new_attempt(one: Run, spec: Dict[str, Any], claim: Dict[str, Any], user: Optional[User] = None,
                **more: Any) -> None:
    """Writes the run's directory for this attempt; what the one before left is kept under its number."""
    user = user or find_user(spec.get("user"))
    project = more.pop("project_dir", None) or launch.project_directory(spec, user)
    _directory(one)
    before = one.state
    for name in ("exit.json", "training.json", "progress", "request.json", "urgent.json"):
        if before and os.path.exists(one.file(name)):
            os.replace(one.file(name), one.file("%s.%d" % (name, before["attempt"])))
    for name in ("protected", "tickets"):
        shutil.rmtree(one.file(name), ignore_errors=True)
    files.write_json(one.file("spec.json"), {name: value for name, value in spec.items() if name != "attempt"})
    # The training appends to it; everything else here is the guard's.
    open(one.file("progress"), "ab").close()
    if user.switch:
        os.chown(one.file("progress"), user.uid, user.gid)
    open(one.file("log"), "ab").close()
    files.write_json(one.file("state.json"), dict({
        "schema": 1, "run_id": one.id, "project_name": spec["project_name"], "attempt": claim["number"], "claim": claim,
        "state": "preparing", "instance_id": Services().instance_id(), "pid": None, "started": None, "ended": None,
        "log_begins": before.get("log_begins", []) + [[claim["number"], run_log.extent(one)[1]]],
        "exit_code": None, "signal": None, "checkpoint": None, "resumed_from": None, "phases": [], "error": None,
        "uid": user.uid if user.switch else None, "project_dir": project,
        "upload_rate": before.get("upload_rate"), "last_save_seconds": before.get("last_save_seconds"),
        "checkpoint_dir": launch.checkpoint_directory(spec, project)}, **more))


def _directory(one: Run) -> None:
    # The user has to reach `progress`, and nothing else in there is secret to him.
    os.makedirs(one.directory, exist_ok=True)
    for path in (paths.home(), paths.runs(), one.directory):
        os.chmod(path, 0o755)


def _await_living(one: Run) -> Dict[str, Any]:
    """The state once the training has lived for a moment; GuardError when it failed at once."""
    while True:
        state = one.state
        if state["state"] == "running":
            ended = one.exit()
            if ended is None and time.time() - state["started_at"] >= LIVES_SECONDS:
                return one.shown()
            if ended is not None and ended.get("exit_code") == 0:
                return one.shown()
        elif state["state"] == "failed":
            raise _failure(one, state)
        elif state["state"] not in PREPARING:
            return one.shown()
        elif not one.starter_alive():
            ensure_guard()
        time.sleep(0.03)


def _failure(one: Run, state: Dict[str, Any]) -> GuardError:
    error = state.get("error") or {"id": "TrainingFailed", "message": "the training failed"}
    if "exit" in error:
        return GuardError(error["id"], error["message"], error["exit"], error.get("target"))
    text = launch.tail(one.file("log"))
    return GuardError("TrainingFailed", "The training %s:\n%s" % (error["message"], text), TRAINING_FAILED,
                      one.spec["script"])
