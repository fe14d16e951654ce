"""Checkpoints in S3: their files, and the manifest that commits them."""
from typing import Any, Callable, Dict, NamedTuple, Optional, Tuple

from ..aws.listing import LARGEST_COPY, copy
from ..aws.s3 import S3, Location, S3Error
from ..aws.upload import Stored
from ..errors import STORAGE, GuardError
from ..runs.run import Run
from ..system import files
from ..system.guard_log import best_effort, log_exception
from ..system.waiting import Calls, Stuck
from .manifest import Facts, manifest_of, written
from .names import has_number
from .objects import Kept, Objects
from .opened import OpenedCheckpoint
from .sets import CURRENT, OLDER, SAVE, CheckpointSet, under
from .transfer import Item, send

# What is current goes along in the same manifest if it is no more than this.
QUICK_BYTES, QUICK_FILES = 8 << 20, 40
# Promised paths of larger files are made after the first manifest.
QUICK_COPY_BYTES = 256 << 20
LARGEST_READ = 64 << 20


class Committed(NamedTuple):
    uri: str
    manifest: str
    body: Dict[str, Any]


class CheckpointStore:
    def __init__(self, s3: S3, run: Run) -> None:
        self.s3 = s3
        self._run = run
        self._bucket = run.spec["store"]["bucket"]
        base = "%s/%s/checkpoints" % (run.spec["store"]["prefix"].strip("/"), run.state["instance_id"])
        self.objects = Objects(run, s3, self._bucket, base)

    def at(self, key: str) -> Location:
        return Location(self._bucket, key)

    def has(self, version: str) -> bool:
        return self.objects.stored(version) is not None

    def read(self, version: str) -> Optional[bytes]:
        """A small file of an earlier checkpoint; None if S3 cannot be asked."""
        kept = self.objects.stored(version)
        try:
            return self.s3.call("GET", self.at(kept.key), attempts=2).body if kept and kept.size <= LARGEST_READ else None
        except GuardError:
            log_exception()
            return None

    def already(self, checkpoint: CheckpointSet) -> Optional[Dict[str, Any]]:
        """The commit of exactly this checkpoint, with all that is current, if it is in S3."""
        known = self._run.committed(checkpoint.name())
        return known if known and known.get("complete", True) else None

    def unsent(self, checkpoint: CheckpointSet, *parts: str) -> Tuple[int, int]:
        """Bytes and files that S3 does not have yet."""
        missing = {file.version: file.size for file in checkpoint.part(*parts) if file.link is None and not self.has(file.version)}
        return sum(missing.values()), len(missing)

    def upload(self, opened: OpenedCheckpoint, facts: Facts, cancelled: Callable[[], bool] = lambda: False,
               count: Callable[[int], None] = lambda sent: None,
               first: Callable[[Committed], None] = lambda committed: None,
               enough_time: Callable[[], bool] = lambda: True, calls: Optional[Calls] = None) -> Committed:
        """Sends what S3 lacks and commits. At an interruption what the save wrote is committed first if the rest takes longer;
        `first` is told of it. Older units that were opened go last, while there is `enough_time`."""
        last, calls = facts.reason == "interruption", calls or Calls()
        self._send(opened, SAVE, last, cancelled, count, calls)
        quick = opened.bytes_of(CURRENT) <= QUICK_BYTES and opened.count_of(CURRENT) <= QUICK_FILES
        promised = self._promised(opened.checkpoint) if last else {}
        at_once = sum(kept.size for kept in promised.values()) <= QUICK_COPY_BYTES
        if last and at_once:
            self._make_promised(promised, cancelled)
        if last and not (quick and at_once):
            waiting = {source.file.path: "it is not in S3 yet" for source in opened.sources.values()
                       if source.file.part == CURRENT}
            first(self._commit(opened, facts, waiting, cancelled))
            if not at_once:
                self._make_promised(promised, cancelled)
        lost = self._send(opened, CURRENT, last, cancelled, count, calls, go_on=True)
        self._send(opened, OLDER, False, lambda: cancelled() or not enough_time(), count, calls, go_on=True)
        committed = self._commit(opened, facts, dict(opened.missing, **lost), cancelled)
        files.remove_folder(self._run.file("tickets"))
        return committed

    def _send(self, opened: OpenedCheckpoint, part: str, plain: bool, cancelled: Callable[[], bool],
              count: Callable[[int], None], calls: Calls, go_on: bool = False) -> Dict[str, str]:
        if calls.left_behind:
            raise Stuck("")
        # One version is sent once, under whatever names it lies.
        sources = {source.file.version: source for source in opened.sources.values()
                   if source.file.part == part and not self.has(source.file.version)}
        keys = self.objects.claim([(source.file.path, version) for version, source in sorted(sources.items())], plain)
        head = opened.checkpoint.head
        items = [Item(source, self.at(keys[version]), self._run.file("tickets/%s.json" % version), under(source.file.path, head))
                 for version, source in sources.items()]

        def done(item: Item, stored: Stored) -> None:
            self.objects.note(item.source.file.version, item.at.key, stored)
        failed = send(self.s3, items, done, cancelled, count, calls, go_on)
        return {path: str(getattr(error, "strerror", None) or error) or type(error).__name__ for path, error in failed.items()}

    def commit_head(self, opened: OpenedCheckpoint, facts: Facts) -> Optional[Committed]:
        """The last resort: the rest of the save will not be there in time. None if not even the head is."""
        files = [file for file in opened.checkpoint.part(SAVE) if under(file.path, opened.checkpoint.head) and file.link is None]
        if not files or not all(self.has(file.version) for file in files):
            return None
        return self._commit(opened, facts, {}, lambda: False)

    def owes_older(self, checkpoint: CheckpointSet) -> bool:
        """Whether S3 lacks files of older units that a manifest would list."""
        return any(file.here and file.link is None and not file.running and not self.has(file.version)
                   for file in checkpoint.part(OLDER))

    # The promised paths of names without a number

    def owes_paths(self, checkpoint: CheckpointSet) -> bool:
        return bool(self._promised(checkpoint))

    def _promised(self, checkpoint: CheckpointSet) -> Dict[str, Kept]:
        """What is in S3 under another key than the one that users know."""
        found: Dict[str, Kept] = {}
        for file in checkpoint.part(SAVE):
            kept = self.objects.stored(file.version) if file.link is None and not has_number(file.path) else None
            if kept and kept.key != "%s/%s" % (self.objects.base, file.path) and kept.size <= LARGEST_COPY:
                found[file.path] = kept
        return {path: kept for path, kept in found.items() if self.objects.is_free(path)}

    def _make_promised(self, promised: Dict[str, Kept], cancelled: Callable[[], bool]) -> None:
        """S3 copies by itself. Without the copy the checkpoint is as good: its manifest says where it is."""
        for path, kept in promised.items():
            key = None if cancelled() else self.objects.claim_plain(path)
            if key is None:
                continue
            try:
                etag = copy(self.s3, self.at(kept.key), self.at(key))
            except (GuardError, OSError):
                log_exception()
                continue
            self.objects.moved(kept, Kept(key, kept.size, kept.crc32, etag))

    # The manifest

    def _commit(self, opened: OpenedCheckpoint, facts: Facts, missing: Dict[str, str],
                cancelled: Callable[[], bool]) -> Committed:
        checkpoint = opened.checkpoint
        with files.locked_at_best(self._run.file("commit.lock")):
            self._refuse_lost(checkpoint)
            if cancelled():
                raise GuardError("UploadCancelled", "The upload of %s was given up." % checkpoint.head, STORAGE)
            body = manifest_of(self._run, opened, facts, missing, self.objects.stored)
            at = self._put(checkpoint.head, body)
            key = at.key[:-len(".manifest.json")]
            uri = self.at(self._key_of(body) or key).uri()
            entry = {"attempt": body["attempt"], "name": body["name"], "identity": checkpoint.name(), "key": key,
                     "keys": sorted({file["key"] for file in body["files"] if "key" in file}), "manifest": at.uri(),
                     "step": body["step"], "bytes": body["bytes"], "uri": uri, "order": facts.order,
                     "complete": body["complete"]}
            best_effort(lambda: files.append_line(self._run.file("committed.jsonl"), entry))
        newest = {"name": body["name"], "step": body["step"], "last_step": body["last_step"], "manifest": at.uri()}
        best_effort(lambda: self._run.note_checkpoint(newest, facts.order))
        return Committed(uri, at.uri(), body)

    def _key_of(self, body: Dict[str, Any]) -> Optional[str]:
        """Where the head is, if it is one file."""
        return next((file["key"] for file in body["files"] if file["path"] == body["head"] and "key" in file), None)

    def _refuse_lost(self, checkpoint: CheckpointSet) -> None:
        """What is reused may have been deleted since, by a person or a rule of the bucket."""
        reused = {file.version: kept for file in checkpoint.files if file.link is None
                  for kept in [self.objects.stored(file.version)] if kept}
        sent = {file.version for file in checkpoint.part(SAVE, CURRENT)}
        if not any(version not in sent or self._is_old(kept) for version, kept in reused.items()):
            return
        lost = self.objects.lost(reused.values())
        if lost:
            self.objects.forget(lost)
            needed = [file.path for file in checkpoint.part(SAVE, CURRENT) if file.version in reused and reused[file.version].key in lost]
            if needed:
                raise GuardError("ObjectLost", "S3 does not hold %s any more, as it was stored." % needed[0], STORAGE, needed[0])

    def _is_old(self, kept: Kept) -> bool:
        return any(kept.key in entry.get("keys", ()) for entry in files.read_lines(self._run.file("committed.jsonl")))

    def _put(self, head: str, body: Dict[str, Any]) -> Location:
        data = written(body, self.at("%s/%s.manifest.json" % (self.objects.base, head)), self._run.spec["store"])
        for key in ["%s/%s" % (self.objects.base, head)] + self.objects.names(head):
            at = self.at(key + ".manifest.json")
            if self.objects.is_taken(at.key):
                continue
            try:
                self.s3.put(at, data, {"If-None-Match": "*", "content-type": "application/json"})
            except S3Error as error:
                if error.status != 412:
                    raise
                # The answer of a first try may have been lost: then what is there is ours, to the byte.
                if self.s3.get(at).body != data:
                    continue
            return at
        raise GuardError("CheckpointExists", "%s is in S3 already, in every version." % head, STORAGE)
