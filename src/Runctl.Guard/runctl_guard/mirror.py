"""Brings the newest settled checkpoint to S3 while the training runs: the next interruption may come without a notice."""
import os
import time
from typing import Dict, Optional, Tuple

from . import checkpoints
from .checkpoints import Candidate
from .journal import Journal
from .run import Run
from .services import Services
from .target import ProcessTarget, writers
from .validate import NotUsable, validate


class Mirror:
    def __init__(self, run: Run, services: Services) -> None:
        self._run, self._services = run, services
        self._target = ProcessTarget(run)
        self._seen: Dict[str, Tuple[str, float]] = {}
        self._rejected: Optional[str] = None

    def look(self) -> None:
        """One look; uploads at most one version and waits for it."""
        run = self._run
        state, spec = run.state, run.spec
        found = checkpoints.scan(state["checkpoint_dir"], spec["checkpoint"].get("patterns") or ())
        ordered = checkpoints.newest_first(found, state.get("started_at") or time.time(), state.get("restored"))
        if not ordered:
            return
        newest = ordered[0]
        settled = self._settled(newest)
        if not settled or newest.identity == self._rejected or not spec.get("store") \
                or not spec["checkpoint"].get("mirror"):
            return
        uploads = self._services.uploads(run)
        if uploads.store is None or uploads.running() or uploads.store.already(newest):
            return
        if writers(self._target.members(), _paths(newest)):
            return
        try:
            validation = validate(newest)
        except NotUsable:
            self._rejected = newest.identity  # Half-written after all, or damaged: the next one counts.
            return
        if Journal(run).begun:
            return
        job = uploads.start(newest, "periodic", False, validation)
        job.wait()
        if job.committed:
            run.emit("CheckpointUploaded", "Checkpoint uploaded to S3: %s" % job.committed["uri"], **job.committed)
            record = self._services.record(run)
            if record:
                record.settle(run)
        elif job.error and not job.cancelled() and getattr(job.error, "id", "") != "CheckpointChanged":
            self._rejected = newest.identity
            run.warn("UploadFailed", "The checkpoint could not be brought to S3: %s" % job.error, path=newest.path)

    def _settled(self, newest: Candidate) -> bool:
        """Unchanged since the look before; on the way it is learnt how long a save takes."""
        known = self._seen.get(newest.name)
        if known is None or known[0] != newest.identity:
            first = known[1] if known and known[1] else time.time()
            self._seen[newest.name] = (newest.identity, first)
            return False
        if known[1]:
            self._seen[newest.name] = (newest.identity, 0.0)
            seconds = max(0.0, newest.saved - known[1])
            if seconds > 1.0:
                self._run.update(last_save_seconds=round(seconds, 3))
        return True


def _paths(candidate: Candidate) -> "set[str]":
    if candidate.kind == "file":
        return {os.path.realpath(candidate.path)}
    return {os.path.realpath(os.path.join(candidate.path, name)) for name in candidate.files}
