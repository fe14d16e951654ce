"""Step 1: the newest good checkpoint that is not in S3 yet, out of reach of a trainer that may be about to overwrite it."""
import os
import shutil
import threading
import time
from typing import Optional

from ..aws.connections import close_connections
from ..checkpoints import selection
from ..checkpoints.discovery import Candidate
from ..checkpoints.snapshots import copy_files, directory
from ..checkpoints.torn_saves import LAST_MOMENTS
from ..checkpoints.uploads import UploadJob, Uploads
from ..checkpoints.validation import NotUsable, Validation, validate
from ..runs.target import ProcessTarget
from ..system.guard_log import log_exception
from ..system.processes import open_for_writing
from . import budget
from .interruption import Interruption

# Who is to be signalled waits no longer than this; what is not copied by then would only be in the way of the save.
COPY_SECONDS = 2.0
SCAN_SECONDS = 0.3
# A plain copy is worth its time up to this size; beyond it the upload reads the original and notices a change.
LARGEST_COPY = 1 << 30


class Snapshot:
    """`candidate`: what it chose. `source`: its copy, or None where it had to stay where it is. `job`: its upload."""

    def __init__(self, interruption: Interruption, uploads: Uploads) -> None:
        self._interruption, self._uploads, self._run = interruption, uploads, interruption.run
        self._placed, self._ended, self._cancelled = threading.Event(), threading.Event(), threading.Event()
        self._scanned = threading.Event()
        self.candidate: Optional[Candidate] = None
        self.source: Optional[str] = None
        self.job: Optional[UploadJob] = None

    def begin(self, choose: bool = True) -> None:
        """Returns when the copy is made, or would take too long; the upload goes on beside what follows.

        Without `choose` only what a predecessor put aside counts: after its pick a new copy would protect nothing.
        """
        if self._uploads.store is None:
            self._ended.set()
            return
        threading.Thread(target=self._work, args=(choose,), name="protect", daemon=True).start()
        # The signal does not wait for a scan of many files.
        if self._scanned.wait(SCAN_SECONDS):
            self._placed.wait(COPY_SECONDS)

    def running(self) -> bool:
        return not self._ended.is_set()

    def wait(self, seconds: Optional[float]) -> None:
        self._ended.wait(seconds)

    def cancel(self) -> None:
        self._cancelled.set()
        if self.job:
            self.job.cancel()

    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def _work(self, choose: bool) -> None:
        try:
            validation = self._successor() or (self._choose() if choose else None)
            if validation and self.candidate:
                self._upload(self.candidate, validation)
        except Exception:  # Whatever it was, the sequence goes on without a copy.
            log_exception()
        finally:
            self._scanned.set()
            self._placed.set()
            self._ended.set()
            close_connections()

    def _successor(self) -> Optional[Validation]:
        """What a predecessor had put aside. The original may be spoilt by now."""
        kept = self._interruption.journal.get("protect")
        if not kept or not os.path.exists(kept["source"]):
            return None
        candidate = Candidate(**kept["candidate"])
        return self._whole(candidate, kept["source"])

    def _choose(self) -> Optional[Validation]:
        members = ProcessTarget(self._run).members()
        # A directory that changed just now may be between two of its files.
        fresh = time.time() - LAST_MOMENTS
        found = selection.of_attempt(self._run)
        self._scanned.set()
        for candidate in sorted(found, key=lambda candidate: candidate.kind == "directory" and candidate.saved > fresh):
            assert self._uploads.store is not None
            if self._uploads.store.already(candidate):
                return None
            if self.cancelled() or open_for_writing(members, selection.paths_of(candidate)) or not _plausible(candidate):
                continue
            validation = self._whole(candidate, self._copy(candidate))
            if validation:
                return validation
        return None

    def _whole(self, candidate: Candidate, source: Optional[str]) -> Optional[Validation]:
        """Sets what is protected, and says how good it is; None for one that is damaged."""
        self.candidate, self.source = candidate, source
        self._placed.set()
        limit = budget.check_seconds(self._interruption.left(), budget.upload_seconds(candidate.size, self._interruption.rate))
        try:
            return validate(candidate._replace(path=source or candidate.path), selection.stopwatch(limit))
        except NotUsable:
            self.candidate = self.source = None
            if source:
                shutil.rmtree(os.path.dirname(source), ignore_errors=True)
            return None

    def _copy(self, candidate: Candidate) -> Optional[str]:
        """Its path; None where there is no room or no time. The journal tells a successor of it."""
        folder = os.path.join(directory(self._run), candidate.identity)
        target = os.path.join(folder, candidate.name)
        in_time = selection.stopwatch(COPY_SECONDS)
        try:
            shutil.rmtree(folder, ignore_errors=True)
            # Whoever may not read the original may not read the copy.
            os.makedirs(directory(self._run), 0o700, exist_ok=True)
            os.makedirs(folder)
            plain = candidate.size <= LARGEST_COPY and shutil.disk_usage(folder).free >= 2 * candidate.size
            whole = copy_files(candidate, target, plain, lambda: self.cancelled() or not in_time())
            if whole and selection.unchanged(self._run, candidate):
                self._interruption.journal.write("protect", candidate=candidate._asdict(), source=target)
                return target
        except OSError:
            log_exception()
        shutil.rmtree(folder, ignore_errors=True)
        return None

    def _upload(self, candidate: Candidate, validation: Validation) -> None:
        for identity, job in self._uploads.running().items():
            if identity != candidate.identity:
                job.cancel()
        # The first may be one that was under way and reads the original, which is overwritten meanwhile.
        for _ in range(2):
            if self.cancelled():
                return
            self.job = self._uploads.start(candidate, self._interruption.reason, False, validation, self.source,
                                           self._interruption.deadline)
            self.job.wait()
            if self.job.committed or not self.source:
                return


def _plausible(candidate: Candidate) -> bool:
    """A look at its structure that takes no time; the whole is read from the copy."""
    try:
        validate(candidate, lambda: False)
        return True
    except NotUsable:
        return False
