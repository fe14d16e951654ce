"""The checkpoint that an interruption uploads: the newest good one, on the instance's disk or in its snapshot."""
import os
import time
from typing import NamedTuple, Optional, Tuple

from ..checkpoints.choice import Refused
from ..checkpoints.selection import Chosen, order_of, saved_after, stopwatch
from ..checkpoints.sets import SAVE, CheckpointSet
from ..checkpoints.uploads import Uploads
from ..system.clock import utc_text
from . import budget
from .interruption import Interruption


class Picked(NamedTuple):
    chosen: Chosen
    after_signal: bool

    @property
    def checkpoint(self) -> CheckpointSet:
        return self.chosen.checkpoint


class Picking:
    def __init__(self, interruption: Interruption, uploads: Uploads) -> None:
        self._interruption, self._uploads, self._run = interruption, uploads, interruption.run

    def pick(self) -> Optional[Picked]:
        """The newest good one, and says so."""
        started = time.monotonic()
        checkpoints = self._uploads.checkpoints
        size, count = expected_save(self._uploads)
        limit = budget.check_seconds(self._interruption.left(), budget.upload_seconds(size, self._interruption.rate, count))
        chosen = checkpoints.choose(self._uploads.store, self._reject, stopwatch(limit))
        if chosen and chosen.doubt and self._run.state.get("checkpoint"):
            # What S3 has is whole.
            self._reject(Refused(chosen.checkpoint, chosen.checkpoint.head, chosen.doubt))
            chosen.opened.close()
            chosen = None
        picked = self._told(chosen) if chosen else None
        self._interruption.phase("check", time.monotonic() - started)
        return picked

    def _reject(self, refused: Refused) -> None:
        path = os.path.join(self._run.state["checkpoint_dir"], refused.path)
        self._interruption.emit("CheckpointRejected", "Checkpoint not usable: %s: %s" % (path, refused.reason), path=path,
                                reason=refused.reason, head=refused.checkpoint.head)

    def _with_step(self, chosen: Chosen) -> Chosen:
        """A training that ended by itself has all it reported in its last save, if it reported nothing after that began."""
        try:
            reported = os.stat(self._run.shared_file("progress")).st_mtime_ns
        except OSError:
            return chosen
        if reported > chosen.checkpoint.written_ns or not chosen.checkpoint.wrote_head():
            return chosen
        checkpoint = chosen.checkpoint._replace(step=self._run.last_step())
        chosen.opened.checkpoint = checkpoint
        return chosen._replace(checkpoint=checkpoint)

    def _told(self, chosen: Chosen) -> Picked:
        journal, checkpoint = self._interruption.journal, chosen.checkpoint
        signalled, cut = journal.first("signal"), journal.first("cut")
        after_signal = bool(signalled and cut and saved_after(checkpoint, {"at": signalled["at"], "seen": cut["seen"]}))
        if after_signal and not journal.get("kill"):
            chosen = self._with_step(chosen)
            checkpoint = chosen.checkpoint
        before = journal.get("picked")
        if not before or before["identity"] != checkpoint.name():
            journal.write("picked", name=checkpoint.head, identity=checkpoint.name(),
                          order=order_of(self._run, checkpoint))
            path = os.path.join(self._run.state["checkpoint_dir"], checkpoint.head)
            self._interruption.emit(
                "CheckpointSaved", "Checkpoint saved: %s" % path, path=path, name=checkpoint.head, step=checkpoint.step,
                size=checkpoint.size(), files=len(checkpoint.part(SAVE)), saved_at=utc_text(checkpoint.saved_ns / 1e9),
                saved_after_signal=after_signal, format=chosen.opened.validation.format, doubt=chosen.doubt)
        return Picked(chosen, after_signal)


def expected_save(uploads: Uploads) -> Tuple[int, int]:
    """Bytes and files of the save to come, by those before it. The newest alone may be half-written."""
    with uploads.checkpoints.watch.lock:
        saves = uploads.checkpoints.watch.seen.saves[-2:]
        return (max((sum(facts[1] for facts in save.files.values()) for save in saves), default=0),
                max((len(save.files) for save in saves), default=0))
