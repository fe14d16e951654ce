"""Uploads of one run's checkpoints: one at a time per version, in threads of their own, joined by whoever needs them."""
import threading
import time
from typing import Any, Callable, Dict, Optional

from ..aws.connections import close_connections
from ..aws.session import Session
from ..errors import GuardError
from ..runs.run import Run
from ..system.guard_log import best_effort
from .discovery import Candidate
from .store import CheckpointStore, Committed
from .validation import Validation

# An upload that is smaller and quicker than this measures the time of a request, not the link.
TELLING_BYTES = 32 << 20
TELLING_SECONDS = 2.0


class UploadJob:
    """`wait` for it; then `committed` is the result (as data of CheckpointUploaded), or `error` says why not."""

    def __init__(self, candidate: Candidate) -> None:
        self.candidate = candidate
        self.committed: Optional[Dict[str, Any]] = None
        self.error: Optional[Exception] = None
        self.phases = {"upload": 0.0, "commit": 0.0}
        self.started = time.monotonic()
        self.sent = 0
        self._cancelled = threading.Event()
        self._finished = threading.Event()
        self._lock = threading.Lock()

    def count(self, sent: int) -> None:
        with self._lock:
            self.sent += sent

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

    def start(self, candidate: Candidate, reason: str, after_signal: Optional[bool], validation: Validation,
              source: Optional[str] = None, deadline: Optional[float] = None) -> UploadJob:
        """Begins the upload of this version, or joins the one that runs. `source` is a copy to read it from."""
        with self._lock:
            job = self._jobs.get(candidate.identity)
            if job and (job.running() or job.committed):
                return job
            # Those that are over are in committed.jsonl; a run may have thousands of versions.
            self._jobs = {identity: other for identity, other in self._jobs.items() if other.running()}
            job = self._jobs[candidate.identity] = UploadJob(candidate)
        threading.Thread(target=self._work, args=(job, reason, after_signal, validation, source, deadline),
                         daemon=True).start()
        return job

    def running(self) -> Dict[str, UploadJob]:
        with self._lock:
            return {identity: job for identity, job in self._jobs.items() if job.running()}

    def _work(self, job: UploadJob, reason: str, after_signal: Optional[bool], validation: Validation,
              source: Optional[str], deadline: Optional[float]) -> None:
        candidate = job.candidate
        try:
            known = self.store.already(candidate)
            if known:
                job.committed = {"uri": known["uri"], "manifest": known["manifest"], "size": known["bytes"],
                                 "seconds": 0.0, "reason": reason}
                return
            committed = _until(deadline, job.cancelled, lambda: self.store.upload(
                candidate, source or candidate.path, validation, reason, after_signal, job.cancelled, job.count))
            job.phases = {"upload": committed.seconds, "commit": committed.commit_seconds}
            job.committed = {"uri": committed.uri, "manifest": committed.manifest, "size": committed.body["bytes"],
                             "seconds": round(committed.seconds, 3), "reason": reason}
            best_effort(lambda: self._learn_rate(job.sent, committed.seconds))
        except Exception as error:  # Whoever waits for the job has to hear of it, whatever it was.
            job.error = error
        finally:
            job.finish()
            close_connections()

    def _learn_rate(self, sent: int, seconds: float) -> None:
        rate = learned_rate(self._run.state.get("upload_rate"), sent, seconds)
        if rate:
            self._run.update(upload_rate=rate)


def _until(deadline: Optional[float], cancelled: Callable[[], bool], act: Callable[[], Committed]) -> Committed:
    """Again and again while there is time: S3 answers, but not always at once."""
    tries = 0
    while True:
        tries += 1
        try:
            return act()
        except GuardError as error:
            over = time.monotonic() > deadline if deadline is not None else tries >= 3
            # Of an upload that is gone, or a part of it, the next try begins with what S3 has.
            lasting = getattr(error, "status", 500) in (301, 400, 403, 404) \
                and getattr(error, "code", "") not in ("NoSuchUpload", "InvalidPart")
            if cancelled() or lasting or over or error.id == "CheckpointChanged":
                raise
            time.sleep(0.5)


def learned_rate(known: Optional[float], sent: int, seconds: float) -> Optional[float]:
    """Bytes per second after one more upload; None where it taught nothing.

    Halfway to the new measure: a single slow one must not cut the next grace, a link that has changed shows soon.
    """
    if sent <= 0 or seconds <= 0 or (sent < TELLING_BYTES and seconds < TELLING_SECONDS):
        return None
    return sent / seconds if known is None else (known + sent / seconds) / 2


def uploads_of(run: Run, session: Session) -> Uploads:
    """Those of the current attempt of the run: the same for all that ask in this process."""
    def make() -> Uploads:
        spec = run.spec
        return Uploads(run, CheckpointStore(session.s3(spec), run) if spec.get("store") else None)
    return session.once(("uploads", run.id, run.state.get("attempt")), make)
