"""The ordinary end of a training: its last checkpoint to S3, the final event, and the record."""
import functools
import os
from typing import Any, Dict, Optional

from ..aws.session import Session
from ..checkpoints.choice import Refused
from ..checkpoints.ending import look_last
from ..checkpoints.manifest import Facts
from ..checkpoints.notices import Notices
from ..checkpoints.resuming import last_known
from ..checkpoints.retention import prune
from ..checkpoints.selection import order_of
from ..checkpoints.sets import CheckpointSet
from ..checkpoints.uploads import uploaded_text, uploads_of
from ..errors import GuardError
from ..runs import record
from ..runs.compaction import Compaction
from ..runs.journal import Journal
from ..runs.run import ENDED, FINAL_EVENTS, Run
from ..runs.shipper import Shipper
from ..system import files, processes
from ..system.clock import utc_text
from ..system.guard_log import best_effort, log_exception
from . import self_termination


def finish(run: Run, session: Session) -> None:
    """Does nothing when the sequence has the run."""
    with files.locked(run.file("sequence.lock"), wait=False) as mine:
        if not mine or Journal(run).begun or run.state["state"] in ENDED:
            return
        exit = run.exit() or {}
        training = run.training() or {}
        code = exit.get("exit_code")
        if code is None and not training.get("attached"):
            best_effort(lambda: run.warn(
                "ExitCodeUnknown", "The training's exit code is not known: the machine or its reaper died with it."))
        checkpoint = _last_checkpoint(run, session)
        good = code == 0 or (code is None and bool(training.get("attached")))
        # The event first: a reader of the final state has to find the final event.
        if run.last_event(FINAL_EVENTS, run.state["attempt"]) is None:
            run.emit("TrainingFinished" if good else "TrainingFailed",
                     "Training " + ("finished" + _with_newest(checkpoint) if good else _reason(code, exit.get("signal"))),
                     exit_code=code, last_step=run.last_step(), checkpoint=checkpoint, unsaved=run.state.get("unsaved"))
        run.update(state="finished" if good else "failed", ended=exit.get("ended") or utc_text(), exit_code=code,
                   signal=exit.get("signal"), record_pending=True,
                   error=None if good else {"id": "TrainingFailed", "message": _reason(code, exit.get("signal"))})
        prune(run, session)


def _with_newest(checkpoint: Optional[Dict[str, Any]]) -> str:
    """What a finished training wrote last is what its user asks for."""
    newest = (checkpoint or {}).get("newest")
    return "; its last checkpoint has %s beside %s" % (newest["path"], checkpoint["name"]) if newest and checkpoint else ""


def _reason(code: Optional[int], number: Optional[int]) -> str:
    if number:
        return "failed with exit code %s (%s)" % (code, processes.signal_name(number))
    return "failed with exit code %s" % ("unknown" if code is None else code)


def _last_checkpoint(run: Run, session: Session) -> Optional[Dict[str, Any]]:
    """The newest good one, in S3 where there is a bucket; what failed is noted: no machine is ended with it."""
    uploads, journal = uploads_of(run, session), Journal(run)
    if journal.get("picked") is None:
        look_last(uploads.checkpoints, journal)
        best_effort(lambda: Notices(run).look_last(uploads))
    chosen = uploads.checkpoints.choose(uploads.store, functools.partial(_reject, run))
    if chosen is None:
        return last_known(run)
    checkpoint = chosen.checkpoint
    if uploads.store is None:
        chosen.opened.close()
        run.update(unsaved=checkpoint.head)
        return _named(checkpoint, None)
    known = uploads.store.already(checkpoint)
    # What an interruption could not bring to S3 is still owed the promised paths.
    reason = "interruption" if journal.get("picked") else "periodic"
    job = uploads.start(checkpoint, lambda: chosen.opened, Facts(reason, False, order_of(run, checkpoint)))
    job.wait()
    chosen.opened.close()
    if job.committed:
        if not known:
            best_effort(lambda: run.emit(
                "CheckpointUploaded", uploaded_text(run, job.committed), **job.committed))
        if run.state.get("unsaved"):
            run.update(unsaved=None)
        return _named(checkpoint, job.committed["manifest"])
    path = os.path.join(run.state["checkpoint_dir"], checkpoint.head)
    if not run.state.get("unsaved"):
        best_effort(lambda: run.warn(
            "UploadFailed", "The guard cannot upload the checkpoint to S3, and tries again as long as the instance is there: %s"
            % job.error, path=path))
    run.update(unsaved=checkpoint.head)
    return last_known(run)


def _named(checkpoint: CheckpointSet, manifest: Optional[str]) -> Dict[str, Any]:
    """The checkpoint as an event names it."""
    found = {"name": checkpoint.head, "step": checkpoint.step, "manifest": manifest}
    return dict(found, newest=checkpoint.newest._asdict()) if checkpoint.newest else found


def _reject(run: Run, refused: Refused) -> None:
    """Once: what is tried again meets the same files."""
    path = os.path.join(run.state["checkpoint_dir"], refused.path)
    data = {"path": path, "reason": refused.reason, "head": refused.checkpoint.head}
    if not any(event["kind"] == "CheckpointRejected" and event["attempt"] == run.state["attempt"]
               and event["data"] == data for event in run.events()):
        best_effort(lambda: run.emit("CheckpointRejected", "Checkpoint not usable: %s: %s" % (path, refused.reason), **data))


def unsaved(run: Run) -> bool:
    """Whether the last checkpoint of an ended run is on this disk only, and there is a bucket it belongs in."""
    return bool(run.state.get("unsaved") and run.spec.get("store"))


def save_late(run: Run, session: Session) -> None:
    """Tries again what S3 did not take at the end."""
    _last_checkpoint(run, session)
    if not unsaved(run):
        if run.state["state"] in ENDED:
            uploads_of(run, session).checkpoints.copies.clean()
        settle(run, session)


def settle(run: Run, session: Session) -> None:
    """Events, log and record of an ended run; raises when S3 does not take them, and is simply tried again."""
    told = run.last_seq()
    if run.spec.get("store"):
        Shipper(session.s3(run.spec), run).ship()
        record.settle(run, session)
        _compact(run, session)
    # What was told meanwhile is still to be sent.
    run.update(record_pending=run.last_seq() != told)
    self_termination.ask(run)


def _compact(run: Run, session: Session) -> None:
    """The last of all, and tried once: a log in small segments is read as well."""
    try:
        Compaction(session.s3(run.spec), run, run.state["attempt"], attempts=1).run()
    except (GuardError, OSError):
        log_exception()
