"""Brings each checkpoint to S3 while the training runs: the next interruption may come without a notice."""
import os
import threading
import time
from typing import List, Optional, Tuple

from ..aws.session import Session
from ..runs import record
from ..runs.journal import Journal
from ..runs.run import ENDED, Run
from .completeness import may_lack
from .history import Save
from .manifest import Facts
from .notices import Notices
from .retention import prune
from .selection import Chosen, order_of
from .uploads import UploadJob, Uploads, uploaded_text, uploads_of
from .verification import Verification

# After an upload that failed for good.
PAUSE_SECONDS = 60.0
# A save shorter than this is lost between two looks, and matters little.
LEAST_SAVE_SECONDS = 1.0
# A check that takes long, or hangs, is overtaken by that of a newer save; more of them at once would be in the training's way.
MOST_CHECKS = 2


class Mirror:
    def __init__(self, run: Run, session: Session) -> None:
        self._run, self._session = run, session
        self._notices = Notices(run)
        self._jobs: List[Tuple[UploadJob, Chosen]] = []
        self._checks: List[Verification] = []
        self._lock = threading.Lock()
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
        self._tell_ended()
        if save is None or (save.number, save.ended) == self._done:
            return
        if uploads.running() or len(self._checks) >= MOST_CHECKS:
            self._notices.behind(save, bool(self._checks))
            return
        if may_lack(watch.seen, save):
            # The one before it counts as long as that, and is in S3.
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
        command = spec_["checkpoint"].get("verify_command")
        if command:
            attempt = self._run.state["attempt"]
            self._checks.append(Verification(self._run, command, chosen, lambda: self._verified(chosen, attempt)))
        else:
            self._upload(chosen)

    def _verified(self, chosen: Chosen, attempt: int) -> bool:
        """In the thread of its check; False if an interruption has begun meanwhile, or the attempt has ended: these choose anew."""
        state = self._run.state
        if Journal(self._run).begun or state["state"] in ENDED or state["attempt"] != attempt:
            return False
        for check in list(self._checks):
            if check.chosen.checkpoint.save.number < chosen.checkpoint.save.number:
                check.give_up()
        self._upload(chosen)
        return True

    def _upload(self, chosen: Chosen) -> None:
        facts = Facts("periodic", False, order_of(self._run, chosen.checkpoint))
        job = uploads_of(self._run, self._session).start(chosen.checkpoint, lambda: chosen.opened, facts)
        with self._lock:
            self._jobs.append((job, chosen))

    def _tell_ended(self) -> None:
        """Checks and uploads that are over."""
        checks = [check for check in self._checks if not check.running()]
        self._checks = [check for check in self._checks if check not in checks]
        with self._lock:
            over = [(job, chosen) for job, chosen in self._jobs if not job.running()]
            self._jobs = [pair for pair in self._jobs if pair not in over]
        for check in checks:
            if check.error is not None:
                self._notices.refuse(check.chosen.checkpoint.head, str(check.error))
        for job, chosen in over:
            # Another caller may have begun the upload, with files of its own.
            chosen.opened.close()
            self._tell(job)

    def _tell(self, job: UploadJob) -> None:
        run = self._run
        if job.committed:
            self._failed = False
            run.emit("CheckpointUploaded", uploaded_text(run, job.committed), **job.committed)
            record.settle(run, self._session)
            prune(run, self._session)
        elif job.error and not job.cancelled():
            id = getattr(job.error, "id", "")
            if id == "CheckpointUnreadable":
                self._notices.refuse(job.checkpoint.head, str(job.error))
                return
            if id == "CheckpointChanged":
                # It gives way to what is there now.
                self._notices.overwritten()
                return
            save = job.checkpoint.save
            self._paused = (save.number, save.ended), time.monotonic() + (PAUSE_SECONDS if id != "ObjectLost" else 0.0)
            if self._done == self._paused[0]:
                self._done = None
            if not self._failed and id != "ObjectLost":
                self._failed = True
                run.warn("UploadFailed", "The guard cannot upload the checkpoint to S3: %s" % job.error,
                         path=os.path.join(run.state["checkpoint_dir"], job.checkpoint.head))
