"""The sequence of an interruption: told, saved, checked, uploaded, committed. One actor at a time, each step journaled."""
import signal
import time
from typing import Any, Dict, List, NamedTuple, Optional

from . import budget, checkpoints, files, processes
from .checkpoints import Candidate
from .clock import boot_id, utc_seconds_text, utc_text
from .journal import Journal, seconds_since
from .run import ENDED, FINAL_EVENTS, Run
from .target import ProcessTarget
from .uploads import UploadJob, Uploads
from .validate import NotUsable, Validation, validate


class Trigger(NamedTuple):
    """Why the sequence runs. `deadline` is on the monotonic clock; None where nothing presses."""
    reason: str                        # interruption | manual
    source: str                        # imds | drill | manual | shutdown
    action: str = "terminate"
    time: Optional[str] = None
    deadline: Optional[float] = None
    detect_seconds: float = 0.0
    grace: Optional[float] = None


class Picked(NamedTuple):
    candidate: Candidate
    validation: Validation
    after_signal: bool


class Busy(Exception):
    """Another actor has the sequence of this run."""
    pass


class Sequence:
    def __init__(self, run: Run, uploads: Uploads) -> None:
        self._run = run
        self._uploads = uploads
        self._target = ProcessTarget(run)
        self._spec = run.spec
        self._phases: List[Dict[str, Any]] = []
        self._protective: Optional[UploadJob] = None

    def run(self, trigger: Trigger) -> Dict[str, Any]:
        """The whole sequence, or what a predecessor left of it. Returns the final event; Busy when another is at it."""
        with files.locked(self._run.file("sequence.lock"), wait=False) as mine:
            if not mine:
                raise Busy()
            self._journal = Journal(self._run)
            begun = self._journal.get("begin")
            if begun is None and self._run.state["state"] in ENDED:
                return self._run.last_event(FINAL_EVENTS, self._run.state["attempt"]) or {}
            begun = begun or self._begin(trigger)
            self._manual = begun["reason"] == "manual"
            self._began = begun
            self._deadline = begun["deadline"] if begun["boot_id"] == boot_id() else None
            if not self._journal.done:
                self._protect()
                self._signal()
                self._wait_for_exit()
                self._kill()
                picked = self._pick()
                self._finish(picked, self._upload(picked))
                self._journal.write("done")
            return self._run.last_event((self._final_kind(),), self._run.state["attempt"]) or {}

    # 1. The event before anything else

    def _begin(self, trigger: Trigger) -> Dict[str, Any]:
        run, instance = self._run, self._run.state.get("instance_id")
        if trigger.reason != "manual":
            run.emit("InterruptionDetected", "Spot interruption detected for instance %s!" % instance, 0.0,
                     action=trigger.action, deadline=trigger.time, source=trigger.source)
        begun = self._journal.write("begin", **trigger._asdict())
        if trigger.reason != "manual":
            run.emit("HandlingInterruption", "Handling spot interruption for instance %s" % instance, 0.0)
            when = trigger.time or utc_seconds_text(time.time())
            run.emit("InterruptionTime", "Interruption time: %s" % when, 0.0)
        run.update(state="stopping" if trigger.reason == "manual" else "interrupting")
        return begun

    def _protect(self) -> None:
        """Begins to upload the newest checkpoint there is: the trainer may be about to overwrite it."""
        running = self._uploads.running()
        if self._uploads.store is None or self._journal.get("picked"):
            return
        ordered = self._ordered()
        newest = ordered[0] if ordered else None
        for identity, job in running.items():
            if newest is None or identity != newest.identity:
                job.cancel()
        if newest:
            self._protective = self._uploads.start(newest, self._began["reason"], False, None, protect=True,
                                                   deadline=self._deadline)

    # 2. SIGTERM, once, to those who do the work

    def _signal(self) -> None:
        if self._journal.get("signal"):
            return
        members = self._target.members()
        if not members:
            return
        chosen = self._target.to_signal(members)
        seconds = self._grace()
        self._send(chosen, grace=seconds)
        instance = self._run.state.get("instance_id")
        self._emit("TrainingSignalled", "Training detected on instance %s, attempting graceful shutdown..." % instance,
                   pids=[one.pid for one in chosen], signal="SIGTERM", grace_seconds=round(seconds, 3),
                   last_step=self._run.last_step())

    def _send(self, chosen: List[processes.Process], **data: Any) -> None:
        self._journal.write("signal", processes=[one.identity() for one in chosen], **data)
        for process in chosen:
            processes.send(process, signal.SIGTERM)

    def _grace(self) -> float:
        policy = self._began.get("grace")
        if policy is None:
            policy = float(self._spec["policy"].get("grace_seconds", 90.0))
        ordered = self._ordered()
        state = self._run.state
        size = ordered[0].size if ordered and self._uploads.store else 0
        upload = budget.upload_seconds(size, state.get("upload_rate")) if self._uploads.store else 0.0
        return budget.grace(policy, self._left(), upload, state.get("last_save_seconds"))

    # 3. Until nobody is left, or grace is over

    def _wait_for_exit(self) -> None:
        signalled = self._journal.all("signal")
        if not signalled or self._journal.get("exited") or self._journal.get("kill"):
            return
        first = signalled[0]
        pause = 0.02
        while True:
            members = self._target.members()
            if not members:
                return self._exited(first)
            if seconds_since(first) >= first["grace"]:
                return
            late = self._target.later_to_signal(members, self._journal.signalled())
            if late:
                self._send(late)
            time.sleep(pause)
            pause = min(0.1, pause * 1.5)

    def _exited(self, first: Dict[str, Any]) -> None:
        ended = self._await_exit()
        seconds = seconds_since(first)
        code = ended.get("exit_code")
        self._journal.write("exited", exit_code=code, seconds=seconds)
        self._emit("TrainingExited", "Training exited with code %s, %.1f s after the signal"
                   % ("unknown" if code is None else code, seconds),
                   exit_code=code, signal=ended.get("signal"), seconds=round(seconds, 3),
                   last_step=self._run.last_step())

    def _await_exit(self) -> Dict[str, Any]:
        """What the reaper wrote; it does so a moment after the process is gone."""
        end = time.monotonic() + 1.0
        while self._run.exit() is None and time.monotonic() < end:
            training = self._run.training()
            if not training or not processes.find(training.get("reaper")):
                break
            time.sleep(0.01)
        return self._run.exit() or {}

    # 4. SIGKILL to the whole set

    def _kill(self) -> None:
        if self._journal.get("exited"):
            return
        members = self._target.members()
        if not members:
            return
        first = self._journal.get("signal") or {"grace": 0.0}
        self._journal.write("kill", pids=sorted(members))
        pids = self._target.kill()
        self._emit("TrainingKilled", "Training did not stop within %g s and was killed" % round(first.get("grace", 0.0), 1),
                   pids=pids)
        self._await_exit()

    # 5. The newest good checkpoint of this attempt

    def _ordered(self) -> List[Candidate]:
        state = self._run.state
        found = checkpoints.scan(state["checkpoint_dir"], self._spec["checkpoint"].get("patterns") or ())
        return checkpoints.newest_first(found, state.get("started_at") or time.time(), state.get("restored"))

    def _pick(self) -> Optional[Picked]:
        ended = self._journal.get("exited") or self._journal.get("kill")
        self._phase("detect", self._began["detect_seconds"])
        first = self._journal.get("signal")
        if first:
            self._phase("signal", first["at"] - self._began["at"])
            self._phase("save", (ended or first)["at"] - first["at"])
        started = time.monotonic()
        ordered = self._ordered()
        if checkpoints.step_goes_back(ordered):
            self._run.warn("StepWentBack", "The newest checkpoint %s has a lower step than an older one."
                           % ordered[0].name, name=ordered[0].name)
        picked = None
        for candidate in ordered:
            picked = self._check(candidate, bool(first and candidate.saved >= first["at"] - 0.01))
            if picked:
                break
        self._phase("check", time.monotonic() - started)
        return picked

    def _check(self, candidate: Candidate, after_signal: bool) -> Optional[Picked]:
        def enough_time() -> bool:
            left = self._left()
            needed = budget.upload_seconds(candidate.size, self._run.state.get("upload_rate")) + budget.MARGIN
            return left is None or left > needed
        try:
            validation = validate(candidate, enough_time)
            now = checkpoints.again(candidate, self._spec["checkpoint"].get("patterns") or ())
            if now is None or now.identity != candidate.identity:
                raise NotUsable("it changed while it was read")
        except NotUsable as error:
            self._emit("CheckpointRejected", "Checkpoint not usable: %s: %s" % (candidate.path, error),
                       path=candidate.path, reason=str(error))
            return None
        before = self._journal.get("picked")
        if before and before["identity"] == candidate.identity:
            return Picked(candidate, validation, after_signal)  # A predecessor has told of it.
        self._journal.write("picked", name=candidate.name, identity=candidate.identity)
        self._emit("CheckpointSaved", "Checkpoint saved: %s" % candidate.path, path=candidate.path, name=candidate.name,
                   step=candidate.step, size=candidate.size, saved_at=utc_text(candidate.saved),
                   saved_after_signal=after_signal, format=validation.format)
        return Picked(candidate, validation, after_signal)

    # 6. To S3, the manifest last

    def _upload(self, picked: Optional[Picked]) -> Optional[Dict[str, Any]]:
        if picked is None or self._uploads.store is None:
            return None
        older = self._protective
        if older and older.running() and older.candidate.identity != picked.candidate.identity:
            rate = self._run.state.get("upload_rate")
            newest = budget.upload_seconds(picked.candidate.size, rate)
            rest = budget.upload_seconds(older.candidate.size, rate) - (time.monotonic() - older.started)
            if not budget.keeps_older_upload(max(0.0, rest), newest, self._left()):
                older.cancel()
        job = self._uploads.start(picked.candidate, self._began["reason"], picked.after_signal, picked.validation,
                                  deadline=self._deadline)
        job.wait()
        if job.error and job is older:
            # The copy made in haste failed, as when the file changed under it; the file itself is whole by now.
            job = self._uploads.start(picked.candidate, self._began["reason"], picked.after_signal, picked.validation,
                                      deadline=self._deadline)
            job.wait()
        if job.committed:
            self._phase("upload", job.phases["upload"])
            self._phase("commit", job.phases["commit"])
            return self._uploaded(job)
        self._run.warn("UploadFailed", "The checkpoint could not be brought to S3: %s" % job.error,
                       path=picked.candidate.path)
        if older and older is not job:
            older.wait(self._left())
            if older.committed:
                return self._uploaded(older)
        return None

    def _uploaded(self, job: UploadJob) -> Dict[str, Any]:
        assert job.committed is not None
        self._emit("CheckpointUploaded", "Checkpoint uploaded to S3: %s" % job.committed["uri"], **job.committed)
        candidate = job.candidate
        return {"name": candidate.name, "step": candidate.step, "manifest": job.committed["manifest"]}

    # 7. The end, with its timings

    def _finish(self, picked: Optional[Picked], uploaded: Optional[Dict[str, Any]]) -> None:
        run, state = self._run, self._run.state
        kind = self._final_kind()
        if state["state"] in ENDED:
            return
        ended = run.exit() or {}
        if picked is None:
            outcome, checkpoint = "nothing-to-save", None
        elif uploaded:
            outcome, checkpoint = "uploaded", uploaded
        else:
            outcome = "saved" if self._uploads.store is None else "failed"
            checkpoint = {"name": picked.candidate.name, "step": picked.candidate.step, "manifest": None}
        seconds = seconds_since(self._began)
        left = self._left()
        message = "Training stopped" if self._manual else "Interruption handled in %.1f s: %s" % (seconds, outcome)
        # The event first: who sees the final state has to find the final event.
        if run.last_event((kind,), state["attempt"]) is None:
            self._emit(kind, message, outcome=outcome, phases=self._phases, exit_code=ended.get("exit_code"),
                       last_step=run.last_step(), checkpoint=checkpoint, seconds=round(seconds, 3),
                       seconds_to_deadline=None if left is None else round(left, 3))
        run.update(state="stopped" if self._manual else "interrupted", ended=utc_text(),
                   exit_code=ended.get("exit_code"), signal=ended.get("signal"),
                   phases=(state.get("phases") or []) + self._phases, record_pending=True)

    def _final_kind(self) -> str:
        return "TrainingStopped" if self._manual else "InterruptionHandled"

    def _left(self) -> Optional[float]:
        return None if self._deadline is None else self._deadline - time.monotonic()

    def _phase(self, name: str, seconds: float) -> None:
        self._phases.append({"name": name, "seconds": round(max(0.0, seconds), 3)})

    def _emit(self, kind: str, message: str, **data: Any) -> None:
        self._run.emit(kind, message, None if self._manual else seconds_since(self._began), **data)
