"""`run`: takes a spec, writes the run down, has the guard start it, and waits until it lives or failed."""
import os
import time
from typing import Any, Dict

from ..aws.session import Session
from ..errors import REFUSED, TRAINING_FAILED, GuardError
from ..runs import run_log
from ..runs.attempts import joined, new_attempt, refuse_shared_directory
from ..runs.run import PREPARING, Run
from ..runs.spec import check_spec, checkpoint_directory, project_directory
from ..service.guard_process import ensure_guard, wake_guard
from ..system import processes
from ..system.user_files import is_file
from ..system.users import find_user

LIVES_SECONDS = 2.0


def start(spec: Dict[str, Any]) -> Dict[str, Any]:
    check_spec(spec)
    run = Run(spec["run_id"])
    claim = spec["attempt"]
    if not joined(run, claim):
        user = find_user(spec.get("user"))
        project = project_directory(spec, user)
        if spec.get("code") is None and not is_file(os.path.join(project, spec["script"]), user):
            raise GuardError("ScriptNotFound", "There is no %s in %s." % (spec["script"], project), REFUSED,
                             spec["script"])
        refuse_shared_directory(run, checkpoint_directory(spec, project))
        new_attempt(run, spec, claim, Session().instance_id())
    ensure_guard()
    wake_guard()
    return await_living(run)


def await_living(run: Run) -> Dict[str, Any]:
    """The state once the training's process has lived for a moment; GuardError when it failed at once."""
    while True:
        state = run.state
        if state["state"] == "running":
            ended = run.exit()
            good = _lives(run) if ended is None else ended.get("exit_code") == 0
            if good:
                return run.shown()
        elif state["state"] == "failed":
            raise _failure(run, state)
        elif state["state"] not in PREPARING:
            return run.shown()
        elif not run.starter_alive():
            ensure_guard()
        time.sleep(0.03)


def _lives(run: Run) -> bool:
    """Counted from its own start: the reaper before it may have waited for secrets. One that is gone has an exit to come."""
    process = processes.find(run.training())
    return process is not None and processes.age(process) >= LIVES_SECONDS


def _failure(run: Run, state: Dict[str, Any]) -> GuardError:
    error = state.get("error") or {"id": "TrainingFailed", "message": "the training failed"}
    if "exit" in error:
        return GuardError(error["id"], error["message"], error["exit"], error.get("target"))
    text = run_log.last_text(run.file("log"))
    return GuardError("TrainingFailed", "The training %s:\n%s" % (error["message"], text), TRAINING_FAILED,
                      run.spec["script"])
