"""The sequence of an interruption: told, saved, checked, uploaded, committed. One actor at a time, each step journaled."""
import contextlib
import functools
import os
import threading
from typing import Any, Dict, Iterator, Optional, Tuple

from ..checkpoints.ending import look_last
from ..checkpoints.manifest import Facts
from ..checkpoints.notices import Notices
from ..checkpoints.resuming import last_known
from ..checkpoints.selection import order_of
from ..checkpoints.sets import SAVE, CheckpointSet
from ..checkpoints.uploads import UploadJob, Uploads, uploaded_text
from ..runs.journal import Journal, seconds_since
from ..runs.run import ENDED, FINAL_EVENTS, Run
from ..runs.target import ProcessTarget
from ..system import files, interpreter
from ..system.clock import utc_text
from ..system.guard_log import best_effort, log_exception
from . import budget
from .interruption import Interruption
from .observed import CheckpointLook
from .pick import Picked, Picking
from .snapshot import Snapshot
from .teller import trainers_told
from .termination import Termination, note_cut
from .trainer_watch import TrainerWatch
from .triggers import Trigger


# Between two looks while the training saves; a costly look waits longer.
LOOK_SECONDS = 0.25
# If one after the other cannot be read to its end.
MOST_PICKS = 5


def _unreadable(job: UploadJob) -> bool:
    return not job.committed and getattr(job.error, "id", "") == "CheckpointUnreadable"


class Busy(Exception):
    """Another actor has the sequence of this run."""
    pass


class Sequence:
    def __init__(self, run: Run, uploads: Uploads, sharing: int = 1, watch: Optional[TrainerWatch] = None) -> None:
        self._run, self._uploads, self._sharing = run, uploads, sharing
        self._watch = watch or TrainerWatch(run, ProcessTarget(run), CheckpointLook(lambda: uploads))

    def run(self, trigger: Trigger) -> Dict[str, Any]:
        """The whole sequence, or what a predecessor left of it. Returns the final event; Busy when another is at it."""
        run = self._run
        with files.locked(run.file("sequence.lock"), wait=False) as mine:
            if not mine:
                raise Busy()
            if Journal(run).get("begin") is None and run.state["state"] in ENDED:
                return run.last_event(FINAL_EVENTS, run.state["attempt"]) or {}
            self._interruption = Interruption(run, trigger, self._sharing)
            if not self._interruption.journal.done:
                self._act()
            elif run.state["state"] not in ENDED:
                self._end()
            return run.last_event((self._final_kind(),), run.state["attempt"]) or {}

    def _act(self) -> None:
        self._snapshot = Snapshot(self._interruption, self._uploads)
        with interpreter.hurried():
            self._snapshot.begin(choose=not self._interruption.journal.get("picked"))
        termination = Termination(self._interruption, self._watch, self._uploads)
        termination.signal()
        with self._looking():
            termination.wait()
        termination.kill()
        self._look_last()
        self._tell_times()
        self._interruption.adopt_nearer_deadline()
        picked, job = self._brought()
        try:
            # An older one in S3 does not make the newest one safe.
            unsaved = None
            if picked and not (job and job.identity == picked.checkpoint.name()):
                unsaved = picked.checkpoint.head
            uploaded = self._uploaded(job, picked) if job else None
            self._finish(picked, uploaded, unsaved)
        finally:
            if picked:
                picked.chosen.opened.close()
        if self._run.state["state"] not in ENDED:
            return
        if not unsaved:
            self._uploads.checkpoints.copies.clean()
        self._interruption.journal.write("done")

    @contextlib.contextmanager
    def _looking(self) -> Iterator[None]:
        """Looks at the checkpoint directory meanwhile: after the signal, which goes first."""
        watch, over = self._uploads.checkpoints.watch, threading.Event()
        note_cut(watch, self._interruption.journal)

        def look() -> None:
            while not over.wait(LOOK_SECONDS):
                try:
                    watch.look()
                except Exception:  # The next one may do better; the last one decides.
                    log_exception()
        looker = threading.Thread(target=look, name="look %s" % self._run.id, daemon=True)
        looker.start()
        try:
            yield
        finally:
            over.set()
            looker.join()
            if not self._interruption.journal.get("exited"):
                # What is open for writing now is cut off by the kill.
                best_effort(lambda: watch.look(whole=True))

    def _look_last(self) -> None:
        look_last(self._uploads.checkpoints, self._interruption.journal)
        best_effort(lambda: Notices(self._run).look_last(self._uploads))

    def _tell_times(self) -> None:
        journal, began = self._interruption.journal, self._interruption.began
        ended = journal.get("exited") or journal.get("kill")
        self._interruption.phase("detect", began["detect_seconds"])
        first = journal.first("signal")
        if first:
            self._interruption.phase("signal", first["at"] - began["at"])
            self._interruption.phase("save", (ended or first)["at"] - first["at"])

    # 6. To S3, the manifest last

    def _upload(self, picked: Optional[Picked]) -> Optional[UploadJob]:
        """The job that committed the newest checkpoint, or else an older one."""
        older = self._snapshot
        if self._uploads.store is None:
            return None
        if picked is None:
            return self._fallback()
        self._say_what_is_too_slow(picked)
        self._make_way(picked)
        job = self._start(picked)
        job.wait_safe()
        if _unreadable(job):
            return job
        if job.error and not job.committed:
            # What was begun in haste failed, as when the file changed under it; the file itself is whole by now.
            picked.chosen.opened.close()
            job = self._start(picked)
            job.wait_safe()
        if job.committed:
            self._interruption.phase("upload", job.phases["upload"])
            self._interruption.phase("commit", job.phases["commit"])
            older.cancel()
            return job
        self._interruption.warn("UploadFailed", "The checkpoint could not be brought to S3: %s" % job.error,
                                path=self._path(picked))
        return self._fallback()

    def _brought(self) -> Tuple[Optional[Picked], Optional[UploadJob]]:
        """The newest good checkpoint and its upload. If a file of it does not answer, an older one takes its place."""
        for _ in range(MOST_PICKS):
            picked = Picking(self._interruption, self._uploads).pick()
            job = self._upload(picked)
            if picked is None or job is None or not _unreadable(job):
                break
            picked.chosen.opened.close()
        return picked, job if job and job.committed else None

    def _path(self, picked: Picked) -> str:
        return os.path.join(self._run.state["checkpoint_dir"], picked.checkpoint.head)

    def _seconds(self, checkpoint: CheckpointSet) -> float:
        """What the save's part of it still needs: bytes and requests that S3 does not have."""
        assert self._uploads.store is not None
        size, files = self._uploads.store.unsent(checkpoint, SAVE)
        begun = self._uploads.running().get(checkpoint.name())
        return budget.upload_seconds(max(0, size - (begun.sent if begun else 0)), self._interruption.rate, files)

    def _start(self, picked: Picked, older: bool = False) -> UploadJob:
        facts = Facts(self._interruption.reason, picked.after_signal, order_of(self._run, picked.checkpoint))
        open_files = functools.partial(self._uploads.checkpoints.open_again, picked.chosen.opened, self._uploads.store, older)
        return self._uploads.start(picked.checkpoint, open_files, facts, self._interruption.deadline)

    def _make_way(self, picked: Picked) -> None:
        """The older checkpoint's upload goes on only where it does not cost the newest one's."""
        older = self._snapshot
        kept = older.checkpoint
        if not older.running() or kept is None or kept.name() == picked.checkpoint.name():
            return
        newest, rest = self._seconds(picked.checkpoint), self._seconds(kept)
        decision = budget.older_upload(rest, newest, self._interruption.left())
        if decision == "stopped":
            older.cancel()
        elif decision == "first":
            older.wait(self._interruption.left())

    def _say_what_is_too_slow(self, picked: Picked) -> None:
        """Before the end: afterwards no process may be left to say it."""
        needed, left = self._seconds(picked.checkpoint), self._interruption.left()
        if left is not None and needed > left:
            path = self._path(picked)
            self._interruption.warn(
                "UploadTooSlow", "%s (%d bytes) is on the instance's disk; to S3 it needs about %d s, and %d s are left."
                % (path, picked.checkpoint.size(), needed, max(0.0, left)), path=path)

    def _fallback(self) -> Optional[UploadJob]:
        """The version put out of harm's way, where the newest did not make it."""
        older = self._snapshot
        older.wait(self._interruption.left())
        return older.job if older.job and older.job.committed else None

    def _uploaded(self, job: UploadJob, picked: Optional[Picked]) -> Dict[str, Any]:
        """Says so at once; then what is current gets the time that is left."""
        first = job.committed
        assert first is not None
        self._tell_uploaded(first)
        left = self._interruption.left()
        job.wait(None if left is None else max(0.0, left - budget.MARGIN))
        store = self._uploads.store
        left = self._interruption.left()
        if (left is None or left > budget.MARGIN) and store and picked and not job.running() and (
                store.owes_paths(picked.checkpoint) or store.owes_older(picked.checkpoint)):
            # An upload that the mirror had begun does not know of the promised paths; and of older units, as models of finished
            # folds, the mirror may have missed the last version.
            picked.chosen.opened.close()
            job = self._start(picked, older=True)
            job.wait(left)
        last = job.committed or first
        if last["manifest"] != first["manifest"]:
            self._tell_uploaded(last)
        return {"name": job.checkpoint.head, "step": job.checkpoint.step, "manifest": last["manifest"]}

    def _tell_uploaded(self, committed: Dict[str, Any]) -> None:
        """Once, also by a successor of a guard that was killed before the end."""
        known = {name: committed[name] for name in ("manifest", "reason")}
        if any(event["kind"] == "CheckpointUploaded" and event["attempt"] == self._run.state.get("attempt")
               and known.items() <= event["data"].items() for event in self._run.events()):
            return
        self._interruption.emit("CheckpointUploaded", uploaded_text(self._run, committed), **committed)

    # 7. The end, with its timings

    def _finish(self, picked: Optional[Picked], uploaded: Optional[Dict[str, Any]], unsaved: Optional[str]) -> None:
        run, state, interruption = self._run, self._run.state, self._interruption
        kind = self._final_kind()
        if state["state"] in ENDED:
            return
        ended = run.exit() or {}
        if uploaded:
            outcome, checkpoint = "uploaded", uploaded
        elif picked is None:
            # What an earlier time of this attempt brought to S3 is what there is to go on from.
            outcome, checkpoint = "nothing-to-save", last_known(run)
        else:
            outcome = "saved" if self._uploads.store is None else "failed"
            checkpoint = {"name": picked.checkpoint.head, "step": picked.checkpoint.step, "manifest": None}
        seconds, left = seconds_since(interruption.began), interruption.left()
        message = "Training stopped" if interruption.manual else "Interruption handled in %.1f s: %s" % (seconds, outcome)
        # The event first: a reader of the final state has to find the final event.
        if run.last_event((kind,), state["attempt"]) is None:
            interruption.emit(
                kind, message, outcome=outcome, phases=interruption.phases, exit_code=ended.get("exit_code"),
                last_step=run.last_step(), checkpoint=checkpoint, unsaved=unsaved, seconds=round(seconds, 3),
                trainers=trainers_told(interruption.journal),
                seconds_to_deadline=None if left is None else round(left, 3))
        self._end(unsaved=unsaved)

    def _end(self, **more: Any) -> None:
        """The final state. Where the disk does not take it the sequence is not done, and is gone through again."""
        run, interruption, ended = self._run, self._interruption, self._run.exit() or {}
        best_effort(lambda: run.update(
            state="stopped" if interruption.manual else "interrupted", ended=utc_text(), exit_code=ended.get("exit_code"),
            signal=ended.get("signal"), phases=(run.state.get("phases") or []) + interruption.phases, record_pending=True,
            **more))

    def _final_kind(self) -> str:
        return "TrainingStopped" if self._interruption.manual else "InterruptionHandled"
