"""From a spec to a living training: code, checkpoint, setup, claim, start. A killed starter is simply started again."""
import contextlib
import hashlib
import os
import subprocess
import time
from typing import Any, Dict, Iterator, Optional

from ..aws.session import Session
from ..checkpoints import resuming
from ..errors import REFUSED, TRAINING_FAILED, GuardError
from ..runs import run_log
from ..runs.journal import Journal
from ..runs.record import ClaimLost, RunRecord, patiently
from ..runs.run import PREPARING, Interrupted, Run
from ..runs.spec import run_user
from ..service.guard_process import wake_guard
from ..service.spawn import start_reaper
from ..system import files, paths, processes, user_files
from ..system.clock import utc_text
from ..system.paths import safe_join
from ..system.users import User
from . import code_bundle, launch

# A reaper is there by then, even on a busy machine.
REAPER_SECONDS = 30.0
# Of a file that says what a setup command installs.
LARGEST_LIST = 16 << 20


def main(run_id: str) -> int:
    run = Run(run_id)
    lock = files.take_lock(run.file("starter.lock"), wait=False)
    if lock is None:
        return 0
    files.write_json(run.file("starter.json"), processes.own().identity())
    session = Session()
    try:
        if run.state["state"] in PREPARING:
            _prepare(run, session)
            _launch(run, session)
        return 0
    except Interrupted:
        return 0
    except GuardError as error:
        _failed(run, error, session)
    except Exception as error:  # A defect has to reach the user as well; the traceback is in guard.log.
        _failed(run, GuardError("StartFailed", "%s: %s" % (type(error).__name__, error), TRAINING_FAILED), session)
        raise
    finally:
        wake_guard()
    return 1


def _prepare(run: Run, session: Session) -> None:
    spec, user = run.spec, run_user(run)
    project = run.state["project_dir"]
    if spec.get("code"):
        with _Phase(run, "preparing", "code"):
            code_bundle.install(run, spec["code"], lambda: session.s3(spec), user)
    if not user_files.is_file(safe_join(project, os.path.normpath(spec["script"])), user):
        raise GuardError("ScriptNotFound", "There is no %s in %s." % (spec["script"], project), REFUSED, spec["script"])
    with user_files.make_folder(run.state["checkpoint_dir"], user):
        pass
    launch.install_library(run)
    resume = (run.state["claim"] or {}).get("resume_from")
    if resume and not run.state.get("restored"):
        with _Phase(run, "restoring", "restore"):
            resuming.resume(run, session, resume)
    if spec.get("setup_command"):
        _setup(run, spec, user, session)


class _Phase:
    """Shows the state while a step runs, and keeps how long it took."""

    def __init__(self, run: Run, state: str, name: str) -> None:
        self._run, self._state, self._name = run, state, name

    def __enter__(self) -> None:
        with _unless_begun(self._run):
            self._run.update(state=self._state)
        self._started = time.monotonic()

    def __exit__(self, *error: Any) -> None:
        self._run.add_phase(self._name, time.monotonic() - self._started)


@contextlib.contextmanager
def _unless_begun(run: Run) -> Iterator[None]:
    """What is written in this block no sequence has begun before, and none begins meanwhile."""
    with files.locked(run.file("sequence.lock")):
        if Journal(run).begun:
            raise Interrupted()
        yield


def _setup(run: Run, spec: Dict[str, Any], user: Any, session: Session) -> None:
    project = run.state["project_dir"]
    digest = _setup_digest(spec["setup_command"], project, user)
    done = os.path.join(paths.home(), "projects", "setup-%s" % digest)
    if os.path.exists(done):
        return
    with _Phase(run, "setup", "setup"):
        python = launch.find_python(spec, project, user)
        if not spec.get("python") and "venv" not in python and "/opt/pytorch" not in python:
            _make_environment(run, python, project, user)
        code = _execute(run, ["/bin/sh", "-c", spec["setup_command"]], user, session)
        if Journal(run).begun:
            raise Interrupted()
        if code:
            raise GuardError("SetupFailed", "The setup command failed with exit code %d:\n%s"
                             % (code, run_log.last_text(run.file("log"))), TRAINING_FAILED, "setup_command")
        files.make_folder(os.path.dirname(done))
        files.write_json(done, {"schema": 1, "run_id": run.id, "time": utc_text()})


def _setup_digest(command: str, project: str, user: User) -> str:
    """Of the command, its project, and the files that say what it installs."""
    digest = hashlib.sha256(("%s\0%s" % (project, command)).encode("utf-8"))
    for name in user_files.names_in(project, user):
        if name.startswith("requirements") or name in ("pyproject.toml", "setup.py", "setup.cfg", "uv.lock"):
            content = user_files.read_small(os.path.join(project, name), user, LARGEST_LIST)
            digest.update(name.encode("utf-8", "surrogateescape") + b"\0" + (content or b""))
    return digest.hexdigest()[:32]


def _make_environment(run: Run, python: str, project: str, user: Any) -> None:
    """A venv that sees the image's packages, so that what the setup installs changes nothing of the system's."""
    folder = os.path.join(project, ".runctl-venv")
    code = _execute(run, [python, "-m", "venv", "--system-site-packages", folder], user, None)
    if code:
        code = _execute(run, [python, "-m", "venv", "--system-site-packages", "--without-pip", "--clear", folder],
                        user, None)
    if code:
        with user_files.open_folder(project, user) as place:
            place.remove(".runctl-venv")
        run.warn("VenvFailed", "No virtual environment could be made; the system's Python is used as it is.")


def _execute(run: Run, command: Any, user: Any, session: Optional[Session]) -> int:
    """Runs as the user, into the log. The run's marks are in its environment: an interruption finds it."""
    values = session.secrets(run.spec) if session else {}
    environment = launch.environment(run, user, values)
    with files.opened(run.file("log"), "ab") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True,
            preexec_fn=lambda: launch.enter(user, run.state["project_dir"]))
        return process.wait()


def _launch(run: Run, session: Session) -> None:
    """Takes the run and has the process started. The lock is free between two tries: a notice does not wait for S3."""
    record = RunRecord.of(run, session)
    patiently(lambda: _start_process(run, session, record))
    training_file, ended = _await_start(run)
    with _unless_begun(run):
        if training_file is None:
            problem = (ended or {}).get("error") or {"id": "TrainingNotStarted", "message": "The training did not start."}
            raise GuardError(problem["id"], problem["message"], TRAINING_FAILED, problem.get("target") or run.spec["script"])
        resumed = run.state.get("resumed_from")
        # A new process begins where the checkpoint ended; what it really reports follows in its progress.
        run.emit("TrainingStarted", "Training started on instance %s: %s (process %d)"
                 % (run.state["instance_id"], run.spec["script"], training_file["pid"]),
                 pid=training_file["pid"], first_step=run.first_step(), resumed_from=resumed)
        run.update(state="running", pid=training_file["pid"])


def _start_process(run: Run, session: Session, record: Optional[RunRecord]) -> None:
    """By a reaper that takes the sequence's lock for it as we do here."""
    with _unless_begun(run):
        if run.training() is None and run.exit() is None:
            if record:
                record.take(run)
            # Before the process: a file saved in its first moments is this attempt's.
            resuming.note_beginning(run, session)
            run.update(started_at=time.time(), started=utc_text())
            start_reaper(run.id, run.state["attempt"])


def _await_start(run: Run) -> Any:
    """What the reaper wrote. One that lives is waited for: it may be waiting for secrets."""
    end = time.monotonic() + REAPER_SECONDS
    while time.monotonic() < end or _reaper_lives(run):
        started, ended = run.training(), run.exit()
        if started or ended:
            return started, ended
        if Journal(run).begun:
            raise Interrupted()
        time.sleep(0.01)
    return None, None


def _reaper_lives(run: Run) -> bool:
    with files.locked(run.file("reaper.lock"), wait=False) as free:
        return not free


def _failed(run: Run, error: GuardError, session: Session) -> None:
    # Who lost the claim leaves the record to the winner.
    pending = not isinstance(error, ClaimLost)
    with contextlib.suppress(Interrupted), _unless_begun(run):
        run.emit("TrainingFailed", "Training failed: %s" % error.message, exit_code=None, last_step=None,
                 checkpoint=None, error=error.id)
        run.update(state="failed", ended=utc_text(), record_pending=pending,
                   error={"id": error.id, "message": error.message, "exit": error.exit_code, "target": error.target})
