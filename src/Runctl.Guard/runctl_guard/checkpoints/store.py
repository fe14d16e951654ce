"""Checkpoints in S3: which keys they get, and how they are committed."""
import contextlib
import hashlib
import json
import os
import shutil
import time
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

from ..aws.s3 import S3, Location, S3Error
from ..aws.upload import FileUpload
from ..errors import STORAGE, GuardError
from ..runs.run import Run
from ..system import disk_reserve, files, paths
from ..system.clock import utc_text
from ..system.guard_log import best_effort
from . import selection
from .discovery import Candidate
from .validation import Validation


class Committed(NamedTuple):
    uri: str
    manifest: str
    body: Dict[str, Any]
    seconds: float
    commit_seconds: float


def version_names(name: str, attempt: int, step: Optional[int], saved: float) -> List[str]:
    """The names to try in turn: a key that a manifest names is never written again."""
    moment = time.strftime("%Y%m%d%H%M%S", time.gmtime(saved))
    exact = "%s%03d" % (moment, int(saved * 1000) % 1000)
    versions = ["%s@%d.%s" % (name, attempt, mark) for mark in ([step] if step is not None else []) + [moment, exact]]
    return [name] + versions


class CheckpointStore:
    def __init__(self, s3: S3, run: Run) -> None:
        self.s3 = s3
        self._run = run
        spec, state = run.spec, run.state
        self._bucket = spec["store"]["bucket"]
        self._base = "%s/%s/checkpoints" % (spec["store"]["prefix"].strip("/"), state["instance_id"])

    def at(self, key: str) -> Location:
        return Location(self._bucket, key)

    def already(self, candidate: Candidate) -> Optional[Dict[str, Any]]:
        """The commit of exactly this version, if it is in S3."""
        return self._run.committed(candidate.identity, candidate.name)

    def upload(self, candidate: Candidate, source: str, validation: Validation, reason: str,
               saved_after_signal: Optional[bool], cancelled: Callable[[], bool] = lambda: False,
               count: Callable[[int], None] = lambda sent: None) -> Committed:
        """Uploads, verifies, and commits by the manifest. `source` is the checkpoint or a copy of it."""
        started = time.monotonic()
        with self._own_key(candidate) as key:
            tickets = self._run.file("tickets/" + candidate.identity)
            _make(tickets)
            entries = []
            for number, relative in enumerate(candidate.files):
                local = source if candidate.kind == "file" else os.path.join(source, relative)
                at = self.at(key if candidate.kind == "file" else "%s/%s" % (key, relative))
                ticket = os.path.join(tickets, "%d.json" % number)
                identity = candidate.identity if local == candidate.path and candidate.kind == "file" else None
                stored = FileUpload(self.s3, at, local, ticket, identity, cancelled, count).run()
                entries.append({"path": relative, "key": at.key, "size": stored.size, "crc32": stored.crc32})
            uploaded = time.monotonic()
            if candidate.kind == "directory" and source == candidate.path and not selection.unchanged(self._run, candidate):
                raise GuardError("CheckpointChanged", "%s was written to during its upload." % source, STORAGE)
            if cancelled():
                raise GuardError("UploadCancelled", "The upload of %s was given up." % source, STORAGE)
            at, body = self._manifest(candidate, key, entries, validation, reason, saved_after_signal)
            shutil.rmtree(tickets, ignore_errors=True)
        return Committed(self.at(key).uri(), at.uri(), body, uploaded - started, time.monotonic() - uploaded)

    def _manifest(self, candidate: Candidate, key: str, entries: List[Dict[str, Any]], validation: Validation,
                  reason: str, saved_after_signal: Optional[bool]) -> Tuple[Location, Dict[str, Any]]:
        """Commits what is in S3 by now; where its manifest is, and what is in it."""
        state = self._run.state
        body = {"schema": 1, "run_id": self._run.id, "attempt": state["attempt"], "node": 0, "nodes": 1,
                "instance_id": state["instance_id"], "name": candidate.name, "kind": candidate.kind,
                "path": candidate.path, "step": candidate.step, "last_step": self._run.last_step(), "reason": reason,
                "saved_at": utc_text(candidate.saved), "saved_after_signal": saved_after_signal,
                "parent": (state.get("checkpoint") or state.get("resumed_from") or {}).get("manifest"),
                "created": utc_text(), "files": entries, "bytes": sum(entry["size"] for entry in entries),
                "validation": validation._asdict()}
        at = self.at(key + ".manifest.json")
        self._commit(at, body)
        best_effort(lambda: files.append_line(self._run.file("committed.jsonl"), {
            "attempt": state["attempt"], "name": candidate.name, "identity": candidate.identity, "key": key,
            "manifest": at.uri(), "step": candidate.step, "bytes": body["bytes"], "uri": self.at(key).uri(),
            "saved": candidate.saved}))
        newest = {"name": candidate.name, "step": candidate.step, "manifest": at.uri()}
        best_effort(lambda: self._run.note_checkpoint(newest, candidate.saved))
        return at, body

    @contextlib.contextmanager
    def _own_key(self, candidate: Candidate) -> Iterator[str]:
        """A key that no manifest names and that no other upload writes to while the block lasts."""
        folder = os.path.join(paths.home(), "keys")
        _make(folder)
        attempt = self._run.state["attempt"]
        for name in version_names(candidate.name, attempt, candidate.step, candidate.saved):
            key = "%s/%s" % (self._base, name)
            lock = os.path.join(folder, hashlib.sha1(key.encode("utf-8")).hexdigest())
            with contextlib.ExitStack() as held:
                try:
                    mine = held.enter_context(files.locked(lock, wait=False))
                except OSError:
                    mine = True  # What a full disk does not take nobody else has.
                if mine and not self._taken(key):
                    yield key
                    # Whoever waits for this lock finds the key taken.
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(lock)
                    return
        raise GuardError("CheckpointExists", "%s is in S3 already, in every version." % candidate.name, STORAGE)

    def _taken(self, key: str) -> bool:
        if any(entry["key"] == key for entry in _committed_here()):
            return True
        try:
            return self.s3.head(self.at(key + ".manifest.json")) is not None
        except S3Error as error:
            if error.code != "AccessDenied":
                raise
            # Without s3:ListBucket a missing key looks forbidden. Nobody but this instance writes below its own id,
            # so what was committed from here is all there can be.
            if not any(event["data"].get("id") == "ListBucketMissing" for event in self._run.events()):
                self._run.warn("ListBucketMissing", "The instance's role may not list the bucket %s (s3:ListBucket): "
                               "a missing object cannot be told from a forbidden one." % self._bucket)
            return False

    def _commit(self, at: Location, body: Dict[str, Any]) -> None:
        data = json.dumps(body, separators=(",", ":")).encode("utf-8")
        try:
            self.s3.put(at, data, {"If-None-Match": "*", "content-type": "application/json"})
        except S3Error as error:
            # The answer of a first try may have been lost: then what is there is ours, to the byte.
            if error.status != 412 or self.s3.get(at).body != data:
                raise


def _make(folder: str) -> None:
    best_effort(lambda: disk_reserve.writing(lambda: os.makedirs(folder, exist_ok=True)))


def _committed_here() -> List[Dict[str, Any]]:
    found = []
    for name in os.listdir(paths.runs()):
        found += files.read_lines(os.path.join(paths.runs(), name, "committed.jsonl"))
    return found
