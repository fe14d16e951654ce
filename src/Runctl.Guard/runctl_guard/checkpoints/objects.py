"""Which versions of files are in S3 under which keys, and which keys were claimed. A key is never written twice."""
import os
import threading
import time
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Set, Tuple

from ..aws.listing import Listed, listing
from ..aws.s3 import S3, S3Error
from ..aws.upload import Stored
from ..runs.run import Run
from ..system import files, paths
from ..system.guard_log import best_effort
from .names import has_number


class Kept(NamedTuple):
    """One object in S3, as a manifest names it."""
    key: str
    size: int
    crc32: str
    etag: str


class Objects:
    """The objects of one run. `base` is what all keys of this instance begin with."""

    def __init__(self, run: Run, s3: S3, bucket: str, base: str) -> None:
        self._run, self._s3, self._bucket, self.base = run, s3, bucket, base
        self._lock = threading.RLock()
        self._stored: Dict[str, Kept] = {}
        self._claims: Dict[Tuple[str, bool], str] = {}
        self._keys_taken: Set[str] = set()
        self._offset = 0
        self._listed: Optional[Set[str]] = None

    # By version

    def stored(self, version: str) -> Optional[Kept]:
        with self._lock:
            self._read()
            return self._stored.get(version)

    def note(self, version: str, key: str, stored: Stored) -> Kept:
        """The version is in S3 now."""
        kept = Kept(key, stored.size, stored.crc32, stored.etag)
        with self._lock:
            self._stored[version] = kept
            best_effort(lambda: self._append(dict(kept._asdict(), version=version)))
        return kept

    def forget(self, keys: Iterable[str]) -> None:
        """They are not in S3 any more, or about to be deleted."""
        gone = set(keys)
        with self._lock:
            self._stored = {version: kept for version, kept in self._stored.items() if kept.key not in gone}
            self._append(*({"gone": key} for key in sorted(gone)))

    def _append(self, *lines: Dict[str, Any]) -> None:
        """Not synced: of what S3 has by then the guard's death takes nothing, and with the machine's death it is of no use."""
        data = b"".join(files.to_line(line) for line in lines)
        with files.opened(self._run.file("objects.jsonl"), "ab") as file:
            file.write(data)

    def _read(self) -> None:
        """What was added since; other processes, as a command, may have written meanwhile."""
        try:
            with files.opened(self._run.file("objects.jsonl")) as file:
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return
        whole = data[:data.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in files.parse_lines(whole):
            if "gone" in line:
                self._stored = {version: kept for version, kept in self._stored.items() if kept.key != line["gone"]}
            elif "crc32" in line:
                self._stored[line["version"]] = Kept(line["key"], line["size"], line["crc32"], line["etag"])
            elif "claim" in line:
                self._claims[line["version"], line["plain"]] = line["claim"]
                self._keys_taken.add(line["claim"])

    # Keys

    def claim(self, wanted: Iterable[Tuple[str, str]], plain: bool) -> Dict[str, str]:
        """A key for each path and version, by version. With `plain` a name without a number gets its promised path."""
        with self._lock, files.locked_at_best(os.path.join(paths.home(), "keys.lock")):
            self._read()
            taken, claimed, lines = self._taken(), {}, []
            for path, version in wanted:
                own = (plain or has_number(path)) and not path.endswith(".manifest.json")
                key = self._claims.get((version, own))
                if key is None:
                    key = next(key for key in self._keys(path, own) if key not in taken)
                    taken.add(key)
                    self._claims[version, own] = key
                    lines.append({"version": version, "claim": key, "plain": own})
                claimed[version] = key
            best_effort(lambda: self._append(*lines))
            return claimed

    def claim_plain(self, path: str) -> Optional[str]:
        """The promised path of a name, if nothing is there."""
        with self._lock, files.locked_at_best(os.path.join(paths.home(), "keys.lock")):
            self._read()
            key = "%s/%s" % (self.base, path)
            if key in self._taken():
                return None
            best_effort(lambda: self._append({"version": "", "claim": key, "plain": True}))
            return key

    def is_free(self, path: str) -> bool:
        """Whether the promised path of this name is still to be had."""
        with self._lock:
            self._read()
            return not path.endswith(".manifest.json") and "%s/%s" % (self.base, path) not in self._taken()

    def is_taken(self, key: str) -> bool:
        """Whether a file of the training's has this key."""
        with self._lock:
            self._read()
            return key in self._keys_taken

    def moved(self, kept: Kept, to: Kept) -> None:
        """The same bytes are under another key as well, which manifests name from now on."""
        with self._lock:
            lines = [dict(to._asdict(), version=version) for version, other in self._stored.items() if other.key == kept.key]
            self._stored.update((line["version"], to) for line in lines)
            best_effort(lambda: self._append(*lines))

    def names(self, path: str) -> List[str]:
        """Keys to try in turn."""
        now = time.time()
        moment = time.strftime("%Y%m%d%H%M%S", time.gmtime(now))
        attempt = self._run.state["attempt"]
        exact = "%s/%s@%s.%s%03d" % (self.base, path, attempt, moment, int(now * 1000) % 1000)
        return ["%s/%s@%s.%s" % (self.base, path, attempt, moment), exact] + ["%s-%d" % (exact, n) for n in range(1, 1000)]

    def _keys(self, path: str, plain: bool) -> List[str]:
        return (["%s/%s" % (self.base, path)] if plain else []) + self.names(path)

    def _taken(self) -> Set[str]:
        """Every key below the base that was claimed or named, by any run of this instance, or is in S3."""
        taken = set(self.list_once()) | self._keys_taken
        for name in files.names(paths.runs()):
            for line in files.read_lines(os.path.join(paths.runs(), name, "committed.jsonl")):
                taken.update(line.get("keys") or [line.get("key", "")])
            if name == self._run.id:
                continue
            for line in files.read_lines(os.path.join(paths.runs(), name, "objects.jsonl")):
                taken.update(line[field] for field in ("claim", "key") if field in line)
        return taken

    def list_once(self) -> Set[str]:
        """What S3 held when it was first asked; without s3:ListBucket only what was written down here counts."""
        if self._listed is None:
            try:
                self._listed = set(listing(self._s3, self._bucket, self.base + "/"))
            except S3Error as error:
                if error.status != 403:
                    raise
                self._listed = set()
                if not any(event["data"].get("id") == "ListBucketMissing" for event in self._run.events()):
                    self._run.warn("ListBucketMissing", "The instance's role cannot list the bucket %s (s3:ListBucket): the "
                                   "guard cannot check that objects of earlier checkpoints still exist." % self._bucket)
        return self._listed

    def lost(self, kept: Iterable[Kept]) -> Set[str]:
        """Keys of these that S3 does not hold any more as they were stored; by one listing."""
        wanted = {one.key: one for one in kept if one.key.startswith(self.base + "/")}
        if not wanted:
            return set()
        common = os.path.commonprefix(list(wanted))
        try:
            there = listing(self._s3, self._bucket, common)
        except S3Error as error:
            if error.status != 403:
                raise
            return set()
        return {key for key, one in wanted.items() if not _same(there.get(key), one)}


def _same(there: Optional[Listed], kept: Kept) -> bool:
    return there is not None and there.size == kept.size and (not kept.etag or there.etag == kept.etag)
