"""Uploads of one run's checkpoints: one at a time per version, in threads of their own, joined by whoever needs them."""
import fcntl
import os
import shutil
import threading
import time
from typing import Any, Callable, Dict, Optional

from . import checkpoints
from .checkpoints import Candidate
from .errors import GuardError
from .http import close_connections
from .run import Run
from .store import CheckpointStore, Committed
from .validate import Validation, validate

FICLONE = 0x40049409
# A plain copy is worth its time up to this size; beyond it the upload reads the original and notices a change.
LARGEST_COPY = 1 << 30


class UploadJob:
    """`wait` for it; then `committed` is the result (as data of CheckpointUploaded), or `error` says why not."""

    def __init__(self, candidate: Candidate) -> None:
        self.candidate = candidate
        self.committed: Optional[Dict[str, Any]] = None
        self.error: Optional[Exception] = None
        self.phases = {"upload": 0.0, "commit": 0.0}
        self.started = time.monotonic()
        self._cancelled = threading.Event()
        self._finished = threading.Event()

    def cancel(self) -> None:
        self._cancelled.set()

    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def finish(self) -> None:
        self._finished.set()

    def running(self) -> bool:
        return not self._finished.is_set()

    def wait(self, seconds: Optional[float] = None) -> bool:
        return self._finished.wait(seconds)


class Uploads:
    def __init__(self, run: Run, store: Optional[CheckpointStore]) -> None:
        self._run = run
        self.store = store
        self._jobs: Dict[str, UploadJob] = {}
        self._lock = threading.Lock()

    def start(self, candidate: Candidate, reason: str, after_signal: Optional[bool], validation: Optional[Validation],
              protect: bool = False, deadline: Optional[float] = None) -> UploadJob:
        """Begins the upload of this version, or joins the one that runs. Without `validation` it is checked first."""
        with self._lock:
            job = self._jobs.get(candidate.identity)
            if job and (job.running() or job.committed):
                return job
            job = self._jobs[candidate.identity] = UploadJob(candidate)
        threading.Thread(target=self._work, args=(job, reason, after_signal, validation, protect, deadline),
                         daemon=True).start()
        return job

    def running(self) -> Dict[str, UploadJob]:
        with self._lock:
            return {identity: job for identity, job in self._jobs.items() if job.running()}

    def _work(self, job: UploadJob, reason: str, after_signal: Optional[bool], validation: Optional[Validation],
              protect: bool, deadline: Optional[float]) -> None:
        copy = None
        try:
            known = self.store.already(job.candidate)
            if known:
                job.committed = {"uri": known["uri"], "manifest": known["manifest"], "size": known["bytes"],
                                 "seconds": 0.0, "reason": reason}
                return
            validation = validation or validate(job.candidate)
            copy = self._protected(job.candidate) if protect else None
            self._check_unchanged(job.candidate, copy)
            committed = _until(deadline, job.cancelled, lambda: self.store.upload(
                job.candidate, copy or job.candidate.path, validation, reason, after_signal, job.cancelled))
            self._learn_rate(committed)
            job.phases = {"upload": committed.seconds, "commit": committed.commit_seconds}
            job.committed = {"uri": committed.uri, "manifest": committed.manifest, "size": committed.body["bytes"],
                             "seconds": round(committed.seconds, 3), "reason": reason}
        except Exception as error:  # Whoever waits for the job has to hear of it, whatever it was.
            job.error = error
        finally:
            if copy:
                shutil.rmtree(os.path.dirname(copy), ignore_errors=True)
            job.finish()
            close_connections()

    def _check_unchanged(self, candidate: Candidate, copy: Optional[str]) -> None:
        """A version that changed while it was checked or copied was not settled."""
        now = checkpoints.again(candidate, self._run.spec["checkpoint"].get("patterns") or ())
        if now is None or now.identity != candidate.identity:
            raise GuardError("CheckpointChanged", "%s was written to while it was read." % candidate.path)

    def _protected(self, candidate: Candidate) -> Optional[str]:
        """A copy out of reach of a trainer that overwrites its file; a hard link would not survive a truncation."""
        if candidate.kind != "file":
            return None
        folder = self._run.file("protected-%s" % candidate.identity)
        os.makedirs(folder, exist_ok=True)
        target = os.path.join(folder, candidate.name)
        room = shutil.disk_usage(folder).free
        try:
            with open(candidate.path, "rb") as source, open(target, "wb") as out:
                try:
                    fcntl.ioctl(out.fileno(), FICLONE, source.fileno())
                except OSError:
                    if candidate.size > LARGEST_COPY or room < 2 * candidate.size:
                        shutil.rmtree(folder, ignore_errors=True)
                        return None
                    shutil.copyfileobj(source, out, 1 << 20)
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
            return None
        return target

    def _learn_rate(self, committed: Committed) -> None:
        if committed.body["bytes"] > 4 << 20 and committed.seconds > 0:
            self._run.update(upload_rate=committed.body["bytes"] / committed.seconds)


def _until(deadline: Optional[float], cancelled: Callable[[], bool], act: Callable[[], Committed]) -> Committed:
    """Again and again while there is time: S3 answers, but not always at once."""
    tries = 0
    while True:
        tries += 1
        try:
            return act()
        except GuardError as error:
            over = time.monotonic() > deadline if deadline is not None else tries >= 3
            lasting = getattr(error, "status", 500) in (301, 400, 403, 404) or error.id == "CheckpointChanged"
            if cancelled() or lasting or over:
                raise
            time.sleep(0.5)
