"""Brings the newest settled checkpoint to S3 while the training runs: the next interruption may come without a notice."""
import time
from typing import Optional

from ..aws.session import Session
from ..runs.journal import Journal
from ..runs.record import RunRecord
from ..runs.run import Run
from ..runs.target import ProcessTarget
from ..system.processes import open_for_writing
from . import selection
from .discovery import Candidate
from .retention import prune
from .save_times import SaveTimes
from .uploads import UploadJob, uploads_of
from .validation import NotUsable, validate

# After an upload that failed for good.
PAUSE_SECONDS = 60.0


class Mirror:
    def __init__(self, run: Run, session: Session) -> None:
        self._run, self._session = run, session
        self._target = ProcessTarget(run)
        self._saves = SaveTimes()
        self._job: Optional[UploadJob] = None
        self._seen = self._done = ""
        # Whether it was told that uploads fail; once, until one does not.
        self._failed = False
        self._pause_until = 0.0

    def look(self, only_proven: bool = False) -> None:
        """One look, every second or so; an upload goes on from one to the next. Where the writer died, what is not
        proven to be whole is left to the end, which weighs it."""
        self._saves.look(self._run.state["checkpoint_dir"])
        if self._job:
            if self._job.running():
                return
            job, self._job = self._job, None
            self._tell(job)
        ordered = selection.of_attempt(self._run)
        if not ordered:
            return
        newest, before = ordered[0], self._seen
        self._seen = newest.identity
        # Unchanged since the look before, and not dealt with yet.
        if newest.identity == before != self._done:
            self._settled(newest, only_proven)

    def _settled(self, newest: Candidate, only_proven: bool) -> None:
        seconds = self._saves.taken(newest)
        if seconds:
            self._run.update(last_save_seconds=round(seconds, 3))
        spec = self._run.spec
        if not spec.get("store") or not spec["checkpoint"].get("mirror"):
            self._done = newest.identity
            return
        uploads = uploads_of(self._run, self._session)
        if uploads.running() or time.monotonic() < self._pause_until \
                or open_for_writing(self._target.members(), selection.paths_of(newest)):
            return
        self._done = newest.identity
        if uploads.store is None or uploads.store.already(newest):
            return
        try:
            validation = validate(newest)
        except NotUsable:
            return  # Half-written after all, or damaged: the next one counts.
        if only_proven and not (newest.kind == "file" and validation.level == "full"):
            return
        if not Journal(self._run).begun:
            self._job = uploads.start(newest, "periodic", False, validation)

    def _tell(self, job: UploadJob) -> None:
        run = self._run
        if job.committed:
            self._failed = False
            run.emit("CheckpointUploaded", "Checkpoint uploaded to S3: %s" % job.committed["uri"], **job.committed)
            record = RunRecord.of(run, self._session)
            if record:
                record.settle(run)
            prune(run, self._session)
        elif job.error and not job.cancelled():
            self._done = ""
            if selection.unchanged(run, job.candidate):
                self._pause_until = time.monotonic() + PAUSE_SECONDS
            elif isinstance(job.error, FileNotFoundError) or getattr(job.error, "id", "") == "CheckpointChanged":
                return  # It gave way to what is there now.
            if not self._failed:
                self._failed = True
                run.warn("UploadFailed", "The checkpoint could not be brought to S3: %s" % job.error,
                         path=job.candidate.path)
