"""Step 1: the newest good checkpoint that is not in S3 yet, out of reach of a trainer that may be about to overwrite it."""
import threading
from typing import Optional

from ..aws.connections import close_connections
from ..checkpoints.manifest import Facts
from ..checkpoints.opened import OpenedCheckpoint
from ..checkpoints.selection import order_of, stopwatch
from ..checkpoints.sets import CURRENT, SAVE, CheckpointSet
from ..checkpoints.uploads import UploadJob, Uploads
from ..system import files
from ..system.guard_log import log_exception
from . import budget
from .interruption import Interruption

# The signal waits no longer than this for the choice and its copy. Both go on beside it while the original is unchanged.
SIGNAL_SECONDS = 0.4
# Among so many files neither is ready by then, and the signal waits for a choice that is quick all the same.
MANY_FILES, CHOICE_SECONDS = 10000, 0.1
# What is not copied by then would only be in the way of the save.
COPY_SECONDS = 4.0
# A plain copy is worth its time up to this size; beyond it the upload reads the original and notices a change.
LARGEST_COPY = 1 << 30


class Snapshot:
    """`checkpoint`: what it chose, from what was seen so far. `job`: its upload."""

    def __init__(self, interruption: Interruption, uploads: Uploads) -> None:
        self._interruption, self._uploads, self._run = interruption, uploads, interruption.run
        self._chosen, self._placed, self._ended, self._cancelled = (threading.Event() for _ in range(4))
        self.checkpoint: Optional[CheckpointSet] = None
        self.job: Optional[UploadJob] = None

    def begin(self, choose: bool = True) -> None:
        """Returns when the copy is made, or would take too long; the upload goes on beside what follows.

        Without `choose` nothing is done: after the pick a new copy would protect nothing.
        """
        if self._uploads.store is None or not choose:
            self._ended.set()
            return
        threading.Thread(target=self._work, name="protect", daemon=True).start()
        many = len(self._uploads.checkpoints.watch.seen.files) >= MANY_FILES
        if not many or self._chosen.wait(CHOICE_SECONDS):
            self._placed.wait(SIGNAL_SECONDS)

    def running(self) -> bool:
        return not self._ended.is_set()

    def wait(self, seconds: Optional[float]) -> None:
        self._ended.wait(seconds)

    def cancel(self) -> None:
        self._cancelled.set()
        if self.job:
            self.job.cancel()

    def _work(self) -> None:
        try:
            self._protect()
        except Exception:  # Whatever it was, the sequence goes on without a copy.
            log_exception()
        finally:
            for event in (self._chosen, self._placed, self._ended):
                event.set()
            close_connections()

    def _protect(self) -> None:
        checkpoints, store = self._uploads.checkpoints, self._uploads.store
        assert store is not None
        if not checkpoints.watch.has_looked():
            # No guard was there to look: what the directory holds now has to tell.
            checkpoints.watch.look(final=True)
            checkpoints.watch.cut_here()
        going_on = self._choose(provisional=True)
        if going_on is not None:
            self._chosen.set()
        if going_on is not None and going_on.save.provisional:
            # It may go on, so it is copied and not committed; the one before it still is the newest that is sure.
            self._copy(going_on)
            going_on = self._choose()
        if going_on is None:
            return
        self.checkpoint = going_on
        self._copy(going_on)
        self._placed.set()
        self._upload(going_on)

    def _choose(self, provisional: bool = False) -> Optional[CheckpointSet]:
        """What S3 does not have. A look at the structure takes no time; no byte is read to its end while the signal waits."""
        store = self._uploads.store
        chosen = self._uploads.checkpoints.choose(store, enough_time=lambda: False, provisional=provisional)
        if chosen is None:
            return None
        chosen.opened.close()
        known = chosen.doubt or store and store.already(chosen.checkpoint)
        return None if known else chosen.checkpoint

    def _copy(self, checkpoint: CheckpointSet) -> None:
        """Of a running file there is nothing to protect. What was copied in an earlier try is not copied again."""
        checkpoints, store = self._uploads.checkpoints, self._uploads.store
        wanted = [file for part in (SAVE, CURRENT) for file in checkpoint.part(part) if file.here and file.link is None
                  and not file.running and not (store and store.has(file.version))]
        size = sum(file.size for file in wanted)
        in_time = stopwatch(COPY_SECONDS)
        plain = size <= LARGEST_COPY and files.free(self._run.directory) >= 2 * size
        whole = checkpoints.copies.copy(wanted, checkpoints.watch.directory, checkpoints.watch.user, plain,
                                        lambda: self._cancelled.is_set() or not in_time())
        self._interruption.journal.write("protect", head=checkpoint.head, identity=checkpoint.name(), whole=whole)

    def _upload(self, checkpoint: CheckpointSet) -> None:
        checkpoints, store = self._uploads.checkpoints, self._uploads.store
        for identity, job in self._uploads.running().items():
            if identity != checkpoint.name():
                job.cancel()
        facts = Facts(self._interruption.reason, False, order_of(self._run, checkpoint))
        # The signal does not wait for this any more: what is brought to S3 counts as good from then on.
        left, (size, files) = self._interruption.left(), store.unsent(checkpoint, SAVE) if store else (0, 0)
        limit = budget.check_seconds(left, budget.upload_seconds(size, self._interruption.rate, files))
        in_time = stopwatch(limit)
        opened = checkpoints.open_proven(checkpoint, store, lambda: in_time() and not self._cancelled.is_set())
        if opened is None:
            return
        try:
            self._bring(opened, facts)
        finally:
            opened.close()

    def _bring(self, opened: OpenedCheckpoint, facts: Facts) -> None:
        checkpoints, checkpoint = self._uploads.checkpoints, opened.checkpoint
        # The first may be one that was under way and reads the original, which is overwritten meanwhile.
        for _ in range(2):
            if self._cancelled.is_set():
                return
            self.job = self._uploads.start(checkpoint, lambda: checkpoints.open_again(opened, self._uploads.store), facts,
                                           self._interruption.deadline)
            self.job.wait()
            if self.job.committed:
                return
