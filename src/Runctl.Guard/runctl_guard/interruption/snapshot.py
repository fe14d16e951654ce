"""Step 1: the newest good checkpoint that is not in S3 yet, out of reach of a trainer that may be about to overwrite it."""
import fcntl
import os
import shutil
import threading
import time
from typing import Callable, List, Optional, Tuple

from ..aws.connections import close_connections
from ..checkpoints import selection
from ..checkpoints.discovery import Candidate
from ..checkpoints.torn_saves import LAST_MOMENTS
from ..checkpoints.uploads import UploadJob, Uploads
from ..checkpoints.validation import NotUsable, Validation, validate
from ..runs.journal import Journal
from ..runs.run import Run
from ..runs.target import ProcessTarget, writers
from ..system.guard_log import log_exception
from ..system.users import give
from ..training import launch
from . import budget
from .interruption import Interruption

FICLONE = 0x40049409
# Who is to be signalled waits no longer than this; what is not copied by then would only be in the way of the save.
COPY_SECONDS = 2.0
# A plain copy is worth its time up to this size; beyond it the upload reads the original and notices a change.
LARGEST_COPY = 1 << 30


class Protection:
    """`candidate`: what it chose. `source`: its copy, or None where it had to stay where it is. `job`: its upload."""

    def __init__(self, interruption: Interruption, uploads: Uploads) -> None:
        self._one, self._uploads, self._run = interruption, uploads, interruption.run
        self._placed, self._ended, self._cancelled = threading.Event(), threading.Event(), threading.Event()
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
            self._placed.set()
            self._ended.set()
            close_connections()

    def _successor(self) -> Optional[Validation]:
        """What a predecessor had put aside. The original may be spoilt by now."""
        kept = self._one.journal.get("protect")
        if not kept or not os.path.exists(kept["source"]):
            return None
        candidate = Candidate(**kept["candidate"])
        return self._whole(candidate, kept["source"])

    def _choose(self) -> Optional[Validation]:
        members = ProcessTarget(self._run).members()
        # A directory that changed just now may be between two of its files.
        fresh = time.time() - LAST_MOMENTS
        for candidate in sorted(selection.of_attempt(self._run), key=lambda one: one.kind == "directory" and one.saved > fresh):
            assert self._uploads.store is not None
            if self._uploads.store.already(candidate):
                return None
            if self.cancelled() or writers(members, selection.paths_of(candidate)) or not _plausible(candidate):
                continue
            validation = self._whole(candidate, self._copy(candidate))
            if validation:
                return validation
        return None

    def _whole(self, candidate: Candidate, source: Optional[str]) -> Optional[Validation]:
        """Sets what is protected, and says how good it is; None for one that is damaged."""
        self.candidate, self.source = candidate, source
        self._placed.set()
        limit = budget.check_seconds(self._one.left(), budget.upload_seconds(candidate.size, self._one.rate))
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
            whole = _copy_files(candidate, target, plain, lambda: self.cancelled() or not in_time())
            if whole and selection.unchanged(self._run, candidate):
                self._one.journal.write("protect", candidate=candidate._asdict(), source=target)
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
            self.job = self._uploads.start(candidate, self._one.reason, False, validation, self.source,
                                           self._one.deadline)
            self.job.wait()
            if self.job.committed or not self.source:
                return


def directory(run: Run) -> str:
    return run.file("protected")


def copy_of_picked(journal: Journal) -> Optional[Tuple[Candidate, str]]:
    """What the sequence picked, and where its copy is: the original may have been spoilt since."""
    picked, kept = journal.get("picked"), journal.get("protect")
    if picked and kept and kept["candidate"]["identity"] == picked["identity"] and os.path.exists(kept["source"]):
        return Candidate(**kept["candidate"]), kept["source"]
    return None


def clean(run: Run) -> None:
    shutil.rmtree(directory(run), ignore_errors=True)


def put_back(run: Run, source: str, path: str) -> None:
    """The copy in the place of its original; what a later save made of that is kept beside it."""
    user = launch.run_user(run)
    waiting = "%s.tmp" % path
    if os.path.isdir(source):
        shutil.rmtree(waiting, ignore_errors=True)
        shutil.copytree(source, waiting)
    else:
        shutil.copyfile(source, waiting)
    for folder, folders, names in os.walk(waiting):
        for name in folders + names:
            give(os.path.join(folder, name), user)
    give(waiting, user)
    if os.path.lexists(path):
        os.rename(path, "%s.replaced-%d" % (path, int(time.time())))
    os.rename(waiting, path)


def _plausible(candidate: Candidate) -> bool:
    """A look at its structure that takes no time; the whole is read from the copy."""
    try:
        validate(candidate, lambda: False)
        return True
    except NotUsable:
        return False


def _copy_files(candidate: Candidate, target: str, plain: bool, given_up: Callable[[], bool]) -> bool:
    """By reflink where the file system has it, else byte by byte if `plain` says so; False when it was left undone."""
    pairs: List[List[str]] = [[candidate.path, target]] if candidate.kind == "file" else \
        [[os.path.join(candidate.path, name), os.path.join(target, name)] for name in candidate.files]
    for original, copy in pairs:
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        with open(original, "rb") as source, open(copy, "wb") as out:
            try:
                fcntl.ioctl(out.fileno(), FICLONE, source.fileno())
                continue
            except OSError:
                if not plain:
                    return False
            while not given_up():
                block = source.read(1 << 20)
                if not block:
                    break
                out.write(block)
            else:
                return False
    return True
