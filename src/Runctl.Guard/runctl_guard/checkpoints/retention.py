"""`keep_last_n`: takes older checkpoints of this run out of S3 again. What somebody may go on from stays."""
from typing import Any, Dict, List, Set

from ..aws.s3 import S3, Location, S3Error, parse_uri
from ..aws.session import Session
from ..errors import GuardError
from ..runs.journal import Journal
from ..runs.record import RunRecord
from ..runs.run import Run
from ..system import files
from .restore import read_manifest


def prune(run: Run, session: Session) -> None:
    """Deletes what is beyond the number to keep, manifest first; never in the way of an interruption."""
    keep = run.spec["checkpoint"].get("keep_last_n")
    if not keep or not run.spec.get("store"):
        return
    s3 = session.s3(run.spec)
    try:
        with files.locked(run.file("prune.lock"), wait=False) as mine:
            if not mine:
                return
            _finish(run, s3)
            known = _known(run)
            # Set back, the clock makes the newest look old: the last that came stay as well.
            last = known[-int(keep):]
            for entry in sorted(known, key=lambda commit: commit.get("saved") or 0.0)[:-int(keep)]:
                if entry in last or Journal(run).begun or entry["manifest"] in _needed(run, session):
                    continue
                _delete(run, s3, entry)
    except GuardError as error:
        _failed(run, error)


def _known(run: Run) -> List[Dict[str, Any]]:
    """What this instance brought to S3 for the run and is still there, in the order it came."""
    known: Dict[str, Dict[str, Any]] = {}
    for entry in files.read_lines(run.file("committed.jsonl")):
        if entry.get("gone"):
            known.pop(entry["manifest"], None)
        elif not entry.get("restored"):
            known[entry["manifest"]] = entry
    return list(known.values())


def _needed(run: Run, session: Session) -> Set[str]:
    """Manifests that attempts began from or end with. Everything, where another attempt has been claimed: it chooses now."""
    record, _ = RunRecord.of(run, session).read()  # type: ignore[union-attr]
    attempts = (record or {}).get("attempts") or []
    if not attempts or attempts[-1]["number"] != run.state["attempt"]:
        return {entry["manifest"] for entry in _known(run)}
    named = [attempt.get(name) for attempt in attempts for name in ("resumed_from", "checkpoint")]
    named += [run.state.get("resumed_from"), run.state.get("checkpoint")]
    return {checkpoint["manifest"] for checkpoint in named if checkpoint and checkpoint.get("manifest")}


def _delete(run: Run, s3: S3, entry: Dict[str, Any]) -> None:
    try:
        manifest = read_manifest(s3, entry["manifest"])
    except GuardError as error:
        if error.id != "CheckpointNotFound":
            raise
        manifest = {"run_id": run.id, "files": []}
    if manifest["run_id"] != run.id:
        return
    # From here on it counts as not in S3, however far the rest comes.
    files.append_line(run.file("committed.jsonl"), dict(entry, gone=True))
    at = parse_uri(entry["manifest"])
    files.write_json(run.file("pruning.json"), {
        "schema": 1, "bucket": at.bucket, "keys": [at.key] + [entry["key"] for entry in manifest["files"]]})
    _finish(run, s3)


def _finish(run: Run, s3: S3) -> None:
    """The deletion that was begun; one that was cut off goes on here."""
    begun = files.read_json(run.file("pruning.json"))
    for key in begun["keys"] if begun else ():
        try:
            s3.call("DELETE", Location(begun["bucket"], key))
        except S3Error as error:
            if error.status != 404:
                raise
    if begun:
        files.write_json(run.file("pruning.json"), None)


def _failed(run: Run, error: GuardError) -> None:
    attempt = run.state.get("attempt")
    if not any(event["data"].get("id") == "PruneFailed" and event["attempt"] == attempt for event in run.events()):
        run.warn("PruneFailed", "Older checkpoints are not deleted (keep_last_n): %s" % error.message)
