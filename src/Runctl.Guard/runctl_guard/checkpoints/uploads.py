"""Uploads of one run's checkpoints: one at a time per version, in threads of their own that several callers can wait for."""
import threading
import time
from typing import Any, Callable, Dict, List, Optional

from ..aws.connections import close_connections
from ..aws.session import Session
from ..errors import STORAGE, GuardError
from ..runs.run import Run
from ..system.guard_log import best_effort
from ..system.waiting import Calls, Stuck, past_stuck
from .manifest import Facts
from .opened import OpenedCheckpoint
from .selection import RunCheckpoints
from .sets import CheckpointSet
from .store import CheckpointStore, Committed

# An upload that is smaller and quicker than this measures the time of a request, not the link.
TELLING_BYTES = 32 << 20
TELLING_SECONDS = 2.0
# Before the deadline it is decided that a save does not get there in time.
RESORT_SECONDS = 3.0


class UploadJob:
    """`committed` is the result so far (as data of CheckpointUploaded), or `error` says why there is none. `wait_safe`
    returns when what the save wrote is committed, `wait` when nothing is left to do."""

    def __init__(self, checkpoint: CheckpointSet) -> None:
        self.checkpoint = checkpoint
        self.committed: Optional[Dict[str, Any]] = None
        self.error: Optional[Exception] = None
        self.phases = {"upload": 0.0, "commit": 0.0}
        self.started = time.monotonic()
        self.sent = 0
        # Uploads of the same save that began after this one: they know more of its files.
        self.later: List[str] = []
        self._cancelled, self._finished, self._safe = threading.Event(), threading.Event(), threading.Event()
        self._lock = threading.Lock()

    @property
    def identity(self) -> str:
        return self.checkpoint.name()

    def count(self, sent: int) -> None:
        with self._lock:
            self.sent += sent

    def cancel(self) -> None:
        self._cancelled.set()

    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def note(self, committed: Committed, reason: str) -> None:
        self.phases = {"upload": time.monotonic() - self.started, "commit": 0.0}
        body = committed.body
        self.committed = {"uri": committed.uri, "manifest": committed.manifest, "size": body["bytes"], "reason": reason,
                          "seconds": round(self.phases["upload"], 3), "complete": body["complete"],
                          "missing": len(body["missing"]), "files": len(body["files"])}
        self._safe.set()

    def finish(self) -> None:
        self._safe.set()
        self._finished.set()

    def running(self) -> bool:
        return not self._finished.is_set()

    def wait(self, seconds: Optional[float] = None) -> bool:
        return self._finished.wait(seconds)

    def wait_safe(self, seconds: Optional[float] = None) -> bool:
        return self._safe.wait(seconds)


def uploaded_text(run: Run, committed: Dict[str, Any]) -> str:
    """The message of CheckpointUploaded. A checkpoint that is committed again, with more files beside its head, reads as that."""
    head = {name: committed[name] for name in ("uri", "reason")}
    again = any(event["kind"] == "CheckpointUploaded" and event["attempt"] == run.state.get("attempt")
                and head.items() <= event["data"].items() and event["data"].get("manifest") != committed["manifest"]
                for event in run.events())
    return "%s uploaded to S3: %s" % ("Files beside the checkpoint" if again else "Checkpoint", committed["uri"])


def uploads_of(run: Run, session: Session) -> "Uploads":
    """The uploads of the run's current attempt, one object per attempt. Attempts may have different instances."""
    attempt = run.state.get("attempt")
    return session.once((run.id, attempt), lambda: Uploads(
        run, CheckpointStore(session.s3(run.spec), run) if run.spec.get("store") else None))


class Uploads:
    def __init__(self, run: Run, store: Optional[CheckpointStore]) -> None:
        self._run = run
        self.store = store
        self.checkpoints = RunCheckpoints(run)
        self._jobs: Dict[str, UploadJob] = {}
        self._lock = threading.Lock()

    def start(self, checkpoint: CheckpointSet, open_files: Callable[[], OpenedCheckpoint], facts: Facts,
              deadline: Optional[float] = None) -> UploadJob:
        """Begins the upload of this version, or joins the one that runs. `open_files` opens what is to be sent."""
        with self._lock:
            job = self._jobs.get(checkpoint.name())
            if job and job.running():
                return job
            # Those that are over are in committed.jsonl; a run may have thousands of versions.
            self._jobs = {identity: other for identity, other in self._jobs.items() if other.running()}
            job = UploadJob(checkpoint)
            for other in self._jobs.values():
                if other.checkpoint.save.number == checkpoint.save.number:
                    other.later.append(job.identity)
            self._jobs[job.identity] = job
        threading.Thread(target=self._work, args=(job, open_files, facts, deadline), name="upload", daemon=True).start()
        return job

    def running(self) -> Dict[str, UploadJob]:
        with self._lock:
            return {identity: job for identity, job in self._jobs.items() if job.running()}

    def _work(self, job: UploadJob, open_files: Callable[[], OpenedCheckpoint], facts: Facts,
              deadline: Optional[float]) -> None:
        opened: Optional[OpenedCheckpoint] = None
        try:
            if self._is_there(job, facts):
                return
            opened = files = open_files()
            job.started = time.monotonic()
            if deadline is not None and facts.reason == "interruption":
                threading.Thread(target=self._last_resort, args=(job, files, facts, deadline), name="resort", daemon=True).start()
            committed = past_stuck(lambda calls: self._upload(job, files, facts, deadline, calls))
            job.note(committed, facts.reason)
            best_effort(lambda: self._learn_rate(job.sent, job.phases["upload"]))
        except Stuck as error:
            job.error = GuardError("CheckpointUnreadable", "%s cannot be read: %s" % (error.filename, error.strerror), STORAGE,
                                   error.filename)
        except Exception as error:  # The caller that waits for the job has to hear of it.
            job.error = error
        finally:
            if opened is not None:
                opened.close()
            job.finish()
            close_connections()

    def _is_there(self, job: UploadJob, facts: Facts) -> bool:
        """Whether S3 has all of it; then the job has its result."""
        assert self.store is not None
        known = self.store.already(job.checkpoint)
        if not known or facts.reason == "interruption" and (
                self.store.owes_paths(job.checkpoint) or self.store.owes_older(job.checkpoint)):
            return False
        job.committed = {"uri": known["uri"], "manifest": known["manifest"], "size": known["bytes"], "seconds": 0.0,
                         "reason": facts.reason, "complete": True, "missing": 0, "files": len(known["keys"])}
        return True

    def _upload(self, job: UploadJob, opened: OpenedCheckpoint, facts: Facts, deadline: Optional[float], calls: Calls) -> Committed:
        """In a thread that is left behind if a file does not answer: then it commits nothing more."""
        assert self.store is not None
        store = self.store
        try:
            return _until(deadline, job, lambda: store.upload(
                opened, facts, lambda: self._is_over(job) or calls.left_behind, job.count, lambda first: job.note(first, facts.reason),
                lambda: deadline is None or time.monotonic() < deadline - RESORT_SECONDS, calls))
        finally:
            close_connections()

    def _is_over(self, job: UploadJob) -> bool:
        """Given up, or passed by a later upload of the same save: the newest manifest of a save is the one that counts."""
        if any(self._run.committed(identity) for identity in list(job.later)):
            job.cancel()
        return job.cancelled()

    def _last_resort(self, job: UploadJob, opened: OpenedCheckpoint, facts: Facts, deadline: float) -> None:
        """If the save does not get there in time, and S3 has nothing else of this run, its head is better than nothing."""
        if job.wait_safe(max(0.0, deadline - time.monotonic() - RESORT_SECONDS)) or self._run.state.get("checkpoint"):
            return
        assert self.store is not None
        store = self.store

        def commit() -> None:
            committed = store.commit_head(opened, facts)
            if committed and not job.committed:
                job.note(committed, facts.reason)
        best_effort(commit)
        close_connections()

    def _learn_rate(self, sent: int, seconds: float) -> None:
        rate = learned_rate(self._run.state.get("upload_rate"), sent, seconds)
        if rate:
            self._run.update(upload_rate=rate)


def learned_rate(known: Optional[float], sent: int, seconds: float) -> Optional[float]:
    """Bytes per second after one more upload; None where it taught nothing.

    Halfway to the new measure: a single slow one must not cut the next grace, a link that has changed shows soon.
    """
    if sent <= 0 or seconds <= 0 or (sent < TELLING_BYTES and seconds < TELLING_SECONDS):
        return None
    return sent / seconds if known is None else (known + sent / seconds) / 2


def _until(deadline: Optional[float], job: UploadJob, act: Callable[[], Committed]) -> Committed:
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
            if job.cancelled() or lasting or over or error.id in ("CheckpointChanged", "ObjectLost"):
                raise
            time.sleep(0.5)
