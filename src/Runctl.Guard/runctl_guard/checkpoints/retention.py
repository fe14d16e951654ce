"""`keep_last_n`: deletes older checkpoints of this run from S3. What an attempt may go on from stays."""
from typing import Any, Dict, List, Set

from ..aws.s3 import S3, Location, S3Error, parse_uri
from ..aws.session import Session
from ..errors import GuardError
from ..runs.journal import Journal
from ..runs.record import RecordDamaged, RunRecord, tell_damaged
from ..runs.run import Run
from ..system import files
from .commits import checkpoints_of, commits_of
from .manifest import read_manifest, references
from .reach import lies_below, own_prefix
from .uploads import uploads_of


def prune(run: Run, session: Session) -> None:
    """Deletes what is beyond the number to keep, manifests first; never while a commit or an interruption is under way."""
    keep = run.spec["checkpoint"].get("keep_last_n")
    if not keep or not run.spec.get("store"):
        return
    s3 = session.s3(run.spec)
    try:
        with files.locked(run.file("commit.lock"), wait=False) as mine:
            if not mine:
                return
            _finish(run, s3)
            needed = _needed(run, session)
            beyond = [entries for entries in checkpoints_of(run)[:-int(keep)]
                      if not any(entry["manifest"] in needed for entry in entries)]
            named = _named(run, s3, needed) if beyond else set()
            for entries in beyond:
                if not Journal(run).begun:
                    _delete(run, session, entries, named)
    except GuardError as error:
        _failed(run, error)


def _needed(run: Run, session: Session) -> Set[str]:
    """Manifests that attempts began from or end with. Everything, where another attempt has been claimed, which chooses now, or
    where the record does not tell."""
    try:
        record, _ = RunRecord.of(run, session).read()  # type: ignore[union-attr]
    except RecordDamaged as error:
        tell_damaged(run, error)
        record = None
    attempts = (record or {}).get("attempts") or []
    if not attempts or attempts[-1]["number"] != run.state["attempt"]:
        return {entry["manifest"] for entry in commits_of(run)}
    named = [attempt.get(name) for attempt in attempts for name in ("resumed_from", "checkpoint")]
    named += [run.state.get("resumed_from"), run.state.get("checkpoint")]
    return {checkpoint["manifest"] for checkpoint in named if checkpoint and checkpoint.get("manifest")}


def _named(run: Run, s3: S3, needed: Set[str]) -> Set[str]:
    """Keys that needed manifests of other instances name: an attempt there lists again what the attempt before it sent here. If
    one cannot be read, nothing is deleted this time; one that is not there names nothing."""
    restored = files.read_json(run.file("restored.json")) or {}
    entries = list(restored.get("files") or ()) + references(run)
    known = {entry["manifest"] for entry in commits_of(run)} | {restored.get("manifest")}
    for manifest in sorted(map(str, needed - known)):
        if parse_uri(manifest).bucket == run.spec["store"]["bucket"]:
            try:
                entries += read_manifest(s3, manifest, run.spec["store"])["files"]
            except GuardError as error:
                if error.id != "CheckpointNotFound":
                    raise
    return {entry["key"] for entry in entries if "key" in entry}


def _delete(run: Run, session: Session, entries: List[Dict[str, Any]], named: Set[str]) -> None:
    """Manifests, and those of their keys that no remaining manifest names. Which keys its own name is known from here, not from
    S3; `named` are the keys that other manifests name."""
    gone = {entry["manifest"] for entry in entries}
    keys = {key for entry in entries for key in _keys(entry)}
    keys -= {key for entry in commits_of(run) if entry["manifest"] not in gone for key in _keys(entry)}
    keys -= named
    keys = _own(run, session, entries, keys)
    # From here on it counts as not in S3, however far the rest comes.
    for entry in entries:
        files.append_line(run.file("committed.jsonl"), dict(entry, gone=True))
    store = uploads_of(run, session).store
    if store is not None:
        store.objects.forget(keys)
    manifests = sorted(parse_uri(manifest).key for manifest in gone)
    files.write_json(run.file("pruning.json"), {
        "schema": 1, "bucket": run.spec["store"]["bucket"], "keys": manifests + sorted(keys)})
    _finish(run, session.s3(run.spec))


def _own(run: Run, session: Session, entries: List[Dict[str, Any]], keys: Set[str]) -> Set[str]:
    """Of these keys those that this run claimed here or that lie below a checkpoint's own. What a restored manifest named
    belongs to the checkpoint of another instance, and stays; a key outside the prefix of checkpoints is told as well."""
    store = uploads_of(run, session).store
    above = tuple(entry["key"] for entry in entries)
    own = {key for key in keys if store is not None and store.objects.is_taken(key)
           or any(key == other or lies_below(key, other + "/") for other in above)}
    strange = sorted(key for key in keys - own if not lies_below(key, own_prefix(run.spec["store"])))
    if strange:
        run.warn("KeyRefused", "keep_last_n does not delete %s: this run did not write it, and it does not lie below %s."
                 % (", ".join(strange[:3]), own_prefix(run.spec["store"])), keys=strange)
    return own


def _keys(entry: Dict[str, Any]) -> List[str]:
    return entry.get("keys") or [entry["key"]]


def _finish(run: Run, s3: S3) -> None:
    """The deletion that was begun; one that was cut off goes on here."""
    begun = files.read_json(run.file("pruning.json"))
    for key in begun["keys"] if begun else ():
        try:
            answer = s3.call("DELETE", Location(begun["bucket"], key))
            if answer.header("x-amz-delete-marker") == "true":
                _kept_as_versions(run)
        except S3Error as error:
            if error.status != 404:
                raise
    if begun:
        files.write_json(run.file("pruning.json"), None)


def _kept_as_versions(run: Run) -> None:
    """Once a run: the bucket has versions, with Object Lock always."""
    if not any(event["data"].get("id") == "VersionsKept" for event in run.events()):
        run.warn("VersionsKept", "The bucket keeps versions. What keep_last_n deletes costs until a lifecycle rule for noncurrent "
                 "versions removes it; with Object Lock, after its retention.")


def _failed(run: Run, error: GuardError) -> None:
    attempt = run.state.get("attempt")
    if not any(event["data"].get("id") == "PruneFailed" and event["attempt"] == attempt for event in run.events()):
        run.warn("PruneFailed", "Older checkpoints are not deleted (keep_last_n): %s" % error.message)
