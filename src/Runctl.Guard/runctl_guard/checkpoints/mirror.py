"""Brings each checkpoint to S3 while the training runs: the next interruption may come without a notice."""
import os
import subprocess
import time
from typing import Optional, Tuple

from ..aws.session import Session
from ..errors import STORAGE, GuardError
from ..runs import record, spec
from ..runs.journal import Journal
from ..runs.run import Run
from ..system.users import become
from .history import Save
from .manifest import Facts
from .notices import Notices
from .opened import OpenedCheckpoint
from .retention import prune
from .selection import Chosen, order_of
from .uploads import UploadJob, Uploads, uploaded_text, uploads_of

# After an upload that failed for good.
PAUSE_SECONDS = 60.0
# A save shorter than this is lost between two looks, and matters little.
LEAST_SAVE_SECONDS = 1.0
VERIFY_SECONDS = 600.0


class Mirror:
    def __init__(self, run: Run, session: Session) -> None:
        self._run, self._session = run, session
        self._notices = Notices(run)
        self._job: Optional[UploadJob] = None
        self._done: Optional[Tuple[int, float]] = None
        # Whether it was told that uploads fail; once, until one does not.
        self._failed = False
        # A save whose upload failed for good, and until when it is left alone; the next one is not.
        self._paused: Tuple[Optional[Tuple[int, float]], float] = None, 0.0

    def look(self, only_proven: bool = False) -> None:
        """One look, every second or so; an upload goes on from one to the next. Where the writer died, what is not
        proven to be whole is left to the end, which weighs it."""
        uploads = uploads_of(self._run, self._session)
        watch = uploads.checkpoints.watch
        if watch.look():
            self._notices.look(uploads)
        save = watch.seen.saves[-1] if watch.seen.saves else None
        if self._job and not self._job.running():
            job, self._job = self._job, None
            self._tell(job)
        if save is None or (save.number, save.ended) == self._done:
            return
        if uploads.running():
            self._notices.behind(save)
            return
        paused = (save.number, save.ended) == self._paused[0] and time.monotonic() < self._paused[1]
        if not paused and not Journal(self._run).begun:
            self._ended(uploads, save, only_proven)

    def _ended(self, uploads: Uploads, save: Save, only_proven: bool) -> None:
        """A save has ended that was not dealt with yet."""
        self._done = save.number, save.ended
        seconds = save.ended - save.began
        if seconds > LEAST_SAVE_SECONDS:
            self._run.update(last_save_seconds=round(seconds, 3))
        spec_ = self._run.spec
        if not spec_.get("store") or not spec_["checkpoint"].get("mirror"):
            return
        assert uploads.store is not None
        chosen = uploads.checkpoints.choose(uploads.store, self._notices.refused, newest_only=True)
        if chosen is None:
            return
        if only_proven and chosen.opened.validation.level != "full" or uploads.store.already(chosen.checkpoint):
            chosen.opened.close()
            return
        facts = Facts("periodic", False, order_of(self._run, chosen.checkpoint))
        self._job = uploads.start(chosen.checkpoint, lambda: self._verified(chosen), facts)

    def _verified(self, chosen: Chosen) -> OpenedCheckpoint:
        command = self._run.spec["checkpoint"].get("verify_command")
        if command:
            head = os.path.join(self._run.state["checkpoint_dir"], chosen.checkpoint.head)
            try:
                verify(self._run, command, head)
            except BaseException:
                chosen.opened.close()
                raise
        return chosen.opened

    def _tell(self, job: UploadJob) -> None:
        run = self._run
        if job.committed:
            self._failed = False
            run.emit("CheckpointUploaded", uploaded_text(run, job.committed), **job.committed)
            record.settle(run, self._session)
            prune(run, self._session)
        elif job.error and not job.cancelled():
            id = getattr(job.error, "id", "")
            if id in ("VerifyFailed", "CheckpointUnreadable"):
                self._notices.refuse(job.checkpoint.head, str(job.error))
                return
            if id == "CheckpointChanged":
                # It gives way to what is there now.
                self._notices.overwritten()
                return
            self._paused = self._done, time.monotonic() + (PAUSE_SECONDS if id != "ObjectLost" else 0.0)
            self._done = None
            if not self._failed and id != "ObjectLost":
                self._failed = True
                run.warn("UploadFailed", "The guard cannot upload the checkpoint to S3: %s" % job.error,
                         path=os.path.join(run.state["checkpoint_dir"], job.checkpoint.head))


def verify(run: Run, command: str, path: str) -> None:
    """Runs the user's own check as the training's user, with the path as its last argument."""
    user = spec.run_user(run)
    try:
        done = subprocess.run(
            ["/bin/sh", "-c", command + ' "$1"', "verify_command", path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=VERIFY_SECONDS, cwd=run.state["project_dir"], start_new_session=True,
            env={"HOME": user.home, "USER": user.name, "PATH": os.environ.get("PATH", os.defpath)},
            preexec_fn=lambda: become(user))
    except subprocess.TimeoutExpired:
        raise GuardError("VerifyFailed", "verify_command did not end within %d s." % VERIFY_SECONDS, STORAGE, path)
    if done.returncode:
        text = done.stdout.decode("utf-8", "replace").strip()[-500:]
        raise GuardError("VerifyFailed", "verify_command ended with exit code %d: %s" % (done.returncode, text), STORAGE, path)
