"""The manifest of a checkpoint, schema 2: what belongs to it, and where S3 has it. What is read of one is untrusted."""
import json
import os
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from ..aws.s3 import S3, TOO_LARGE, Location, S3Error, parse_uri
from ..errors import REFUSED, STORAGE, GuardError
from ..runs.run import Run
from ..system import files
from ..system.clock import utc_text
from ..system.paths import check_links
from .names import above_of, as_text
from .objects import Kept
from .opened import OpenedCheckpoint
from .reach import check_keys
from .shape import checked
from .sets import OLDER

# The last second that a time can be written of; a file may have any.
LATEST = 253402300799.0
# What is no manifest fails in one of these ways.
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError)


class Facts(NamedTuple):
    """Why it is uploaded, and what is known of its save. `order` grows with every save of the run."""
    reason: str
    after_signal: Optional[bool]
    order: float


def manifest_of(run: Run, opened: OpenedCheckpoint, facts: Facts, missing: Dict[str, str],
                stored: Callable[[str], Optional[Kept]]) -> Dict[str, Any]:
    checkpoint, state = opened.checkpoint, run.state
    directory, head = state["checkpoint_dir"], checkpoint.head
    entries: List[Dict[str, Any]] = []
    lacking = dict(checkpoint.missing, **missing)
    for file in checkpoint.files:
        if file.link is not None:
            target = os.path.relpath(file.link, os.path.dirname(file.path) or ".")
            entries.append({"path": file.path, "link": target, "class": file.part})
            continue
        source = opened.sources.get(file.path)
        kept = stored(source.file.version if source else file.version)
        if kept is not None:
            entries.append({"path": file.path, "key": kept.key, "size": kept.size, "crc32": kept.crc32, "class": file.part})
        elif file.part != OLDER:
            lacking.setdefault(file.path, "it is not in S3")
    paths = {entry["path"] for entry in entries}
    lacking = {path: reason for path, reason in lacking.items() if path not in paths}
    # What took the place of a directory since, or a directory the place of a file: one tree holds only one of them.
    folders = {above for path in paths for above in above_of(path)}
    entries += [entry for entry in references(run)
                if entry["path"] not in paths | folders and not paths.intersection(above_of(entry["path"]))]
    whole = any(entry["path"].startswith(head + "/") for entry in entries)
    return {"schema": 2, "run_id": run.id, "attempt": state["attempt"], "node": 0, "nodes": 1,
            "instance_id": state["instance_id"], "name": head, "head": head, "kind": "directory" if whole else "file",
            "path": os.path.join(directory, head), "directory": directory, "step": checkpoint.step,
            "last_step": run.last_step(), "reason": facts.reason, "saved_at": utc_text(min(max(0.0, checkpoint.saved_ns / 1e9), LATEST)),
            "saved_after_signal": facts.after_signal,
            "parent": (state.get("checkpoint") or state.get("resumed_from") or {}).get("manifest"), "created": utc_text(),
            "bytes": sum(entry.get("size", 0) for entry in entries if entry["class"] != OLDER),
            "complete": not lacking, "missing": [{"path": path, "reason": as_text(lacking[path])} for path in sorted(lacking)],
            "files": entries, "validation": opened.validation._asdict()}


def written(body: Dict[str, Any], at: Location, store: Dict[str, Any]) -> bytes:
    """As it goes to S3, if it can be read from there: a checkpoint that is committed and nobody can restore is worse than none."""
    data = json.dumps(body, separators=(",", ":")).encode("ascii")
    try:
        check_keys(checked(json.loads(data.decode("ascii"))), at, store)
        check_links({entry["path"]: entry["link"] for entry in body["files"] if "link" in entry})
    except UNREADABLE as error:
        raise GuardError("BadManifest", "The checkpoint %s cannot be committed: its manifest could not be read: %s"
                         % (body["head"], str(error)[:200]), STORAGE, at.uri())
    return data


def references(run: Run) -> List[Dict[str, Any]]:
    """What the attempt's own checkpoint listed and was not restored: it stays listed, where S3 has it."""
    kept = files.read_json(run.file("references.json")) or {}
    return kept["files"] if kept.get("attempt") == run.state.get("attempt") else []


def read_manifest(s3: S3, uri: str, store: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
    """The manifest, if all keys that it names are its own to name: see `reach`. `store` is that of the run that asks."""
    body = _read(s3, uri)
    check_keys(body, parse_uri(uri), store)
    return body


def _read(s3: S3, uri: str) -> Dict[str, Any]:
    """Of schema 1 as of schema 2: with paths relative to the checkpoint directory, and a class for each file."""
    try:
        return checked(json.loads(s3.get(parse_uri(uri)).body.decode("utf-8")))
    except S3Error as error:
        if error.status == 404:
            raise GuardError("CheckpointNotFound", "There is no manifest %s." % uri, REFUSED, uri)
        if error.code == TOO_LARGE:
            raise GuardError("BadManifest", "%s is too large for a manifest." % uri, STORAGE, uri)
        raise
    except UNREADABLE as error:
        raise GuardError("BadManifest", "%s is no manifest that this version can read: %s" % (uri, str(error)[:200] or "it is "
                         "no JSON"), STORAGE, uri)
