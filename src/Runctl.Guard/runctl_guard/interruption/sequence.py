"""The sequence of an interruption: told, saved, checked, uploaded, committed. One actor at a time, each step journaled."""
from typing import Any, Dict, Optional

from ..checkpoints import snapshots
from ..checkpoints.uploads import UploadJob, Uploads
from ..runs.journal import Journal, seconds_since
from ..runs.run import ENDED, FINAL_EVENTS, Run
from ..runs.target import ProcessTarget
from ..system import files
from ..system.clock import utc_text
from ..system.guard_log import best_effort
from . import budget
from .interruption import Interruption
from .pick import Picked, Picking
from .snapshot import Snapshot
from .teller import trainers_told
from .termination import Termination
from .trainer_watch import TrainerWatch
from .triggers import Trigger


class Busy(Exception):
    """Another actor has the sequence of this run."""
    pass


class Sequence:
    def __init__(self, run: Run, uploads: Uploads, sharing: int = 1, watch: Optional[TrainerWatch] = None) -> None:
        self._run, self._uploads, self._sharing = run, uploads, sharing
        self._watch = watch or TrainerWatch(run, ProcessTarget(run))

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
        self._snapshot.begin(choose=not self._interruption.journal.get("picked"))
        termination = Termination(self._interruption, self._watch)
        termination.signal()
        termination.wait()
        termination.kill()
        self._tell_times()
        self._interruption.adopt_nearer_deadline()
        picked = Picking(self._interruption, self._watch.target).pick(self._snapshot.candidate, self._snapshot.source)
        job = self._upload(picked)
        # An older one in S3 does not make the newest one safe.
        unsaved = None
        if picked and not (job and job.candidate.identity == picked.candidate.identity):
            unsaved = picked.candidate.name
        self._finish(picked, self._uploaded(job) if job else None, unsaved)
        if self._run.state["state"] not in ENDED:
            return
        if not picked or not unsaved or picked.source == picked.candidate.path:
            snapshots.clean(self._run)
        self._interruption.journal.write("done")

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
        job.wait()
        if job.error and older.candidate and older.candidate.identity == picked.candidate.identity:
            # What was begun in haste failed, as when the file changed under it; the file itself is whole by now.
            job = self._start(picked)
            job.wait()
        if job.committed:
            self._interruption.phase("upload", job.phases["upload"])
            self._interruption.phase("commit", job.phases["commit"])
            older.cancel()
            return job
        self._interruption.warn("UploadFailed", "The checkpoint could not be brought to S3: %s" % job.error,
                                path=picked.source)
        return self._fallback()

    def _start(self, picked: Picked) -> UploadJob:
        return self._uploads.start(picked.candidate, self._interruption.reason, picked.after_signal, picked.validation,
                                   picked.source, self._interruption.deadline)

    def _make_way(self, picked: Picked) -> None:
        """The older checkpoint's upload goes on only where it does not cost the newest one's."""
        older = self._snapshot
        kept = older.candidate
        if not older.running() or kept is None or kept.identity == picked.candidate.identity:
            return
        newest = budget.upload_seconds(picked.candidate.size, self._interruption.rate)
        rest = budget.upload_seconds(kept.size - (older.job.sent if older.job else 0), self._interruption.rate)
        decision = budget.older_upload(rest, newest, self._interruption.left())
        if decision == "stopped":
            older.cancel()
        elif decision == "first":
            older.wait(self._interruption.left())

    def _say_what_is_too_slow(self, picked: Picked) -> None:
        """Before the end: afterwards there may be nobody to say it."""
        begun = self._uploads.running().get(picked.candidate.identity)
        needed = budget.upload_seconds(picked.candidate.size - (begun.sent if begun else 0), self._interruption.rate)
        left = self._interruption.left()
        if left is not None and needed > left:
            self._interruption.warn(
                "UploadTooSlow", "%s (%d bytes) is on the instance's disk; to S3 it needs about %d s, and %d s are left."
                % (picked.source, picked.candidate.size, needed, max(0.0, left)), path=picked.source)

    def _fallback(self) -> Optional[UploadJob]:
        """The version put out of harm's way, where the newest did not make it."""
        older = self._snapshot
        older.wait(self._interruption.left())
        return older.job if older.job and older.job.committed else None

    def _uploaded(self, job: UploadJob) -> Dict[str, Any]:
        assert job.committed is not None
        self._interruption.emit("CheckpointUploaded", "Checkpoint uploaded to S3: %s" % job.committed["uri"], **job.committed)
        candidate = job.candidate
        return {"name": candidate.name, "step": candidate.step, "manifest": job.committed["manifest"]}

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
            outcome, checkpoint = "nothing-to-save", state.get("checkpoint")
        else:
            outcome = "saved" if self._uploads.store is None else "failed"
            checkpoint = {"name": picked.candidate.name, "step": picked.candidate.step, "manifest": None}
        seconds, left = seconds_since(interruption.began), interruption.left()
        message = "Training stopped" if interruption.manual else "Interruption handled in %.1f s: %s" % (seconds, outcome)
        # The event first: who sees the final state has to find the final event.
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
