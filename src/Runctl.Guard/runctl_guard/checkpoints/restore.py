"""Brings a checkpoint from S3 back to the disk, whole and checked. Names in a manifest are untrusted."""
import os
import shutil
import time
from typing import Any, Dict, List, Optional, Set

from ..aws.download import Wanted, download_all
from ..aws.s3 import S3, Location, parse_uri
from ..errors import STORAGE, GuardError
from ..system.clock import parse_utc
from ..system.paths import safe_join
from ..system.user_rights import rights_of
from ..system.users import User, make_directories
from .manifest import read_manifest
from .names import is_staging, pattern_of
from .sets import OLDER

# Where files lie until all of them are there: a staging name, so that no rule takes it for a checkpoint.
STAGING = ".runctl-restore.tmp"
# Of the disk's free room so much stays free of older files.
FREE_SHARE = 0.2


def restore(s3: S3, uri: str, directory: str, user: User, limit: Optional[int] = None,
            store: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
    """Downloads and verifies a checkpoint into the directory. Returns its manifest with `local`, the path of its head now,
    `restored`, the paths that were brought, `left`, the entries that were not, and `moved`, where newer files are now."""
    manifest = read_manifest(s3, uri, store)
    for name in [manifest["name"], manifest["head"]] + [entry["path"] for entry in manifest["files"]]:
        safe_join(directory, name)
    _make_root(directory, user)
    # Everything below the directory is the user's, links too: what leads elsewhere has to be his to write.
    with rights_of(user):
        entries, left = _chosen(manifest, limit, directory)
        staging = os.path.join(directory, STAGING)
        shutil.rmtree(staging, ignore_errors=True)
        os.mkdir(staging, 0o700)
        try:
            _fetch(s3, parse_uri(uri).bucket, entries, staging, user, parse_utc(manifest["saved_at"]))
            moved = _move_aside(directory, entries, manifest)
            for entry in entries:
                _place(staging, directory, entry["path"])
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return dict(manifest, local=safe_join(directory, manifest["head"]), restored=[entry["path"] for entry in entries],
                left=left, moved=moved)


def _chosen(manifest: Dict[str, Any], limit: Optional[int], directory: str) -> Any:
    """All that the save wrote and that is current, and older files, the newest first, up to the limit in bytes."""
    entries = [entry for entry in manifest["files"] if entry["class"] != OLDER]
    total = sum(entry.get("size", 0) for entry in entries)
    room = shutil.disk_usage(directory).free * (1 - FREE_SHARE) if limit is None else limit
    left: List[Dict[str, Any]] = []
    for entry in [entry for entry in reversed(manifest["files"]) if entry["class"] == OLDER]:
        if total + entry.get("size", 0) <= room:
            total += entry.get("size", 0)
            entries.append(entry)
        else:
            left.append(entry)
    return entries, left


def _fetch(s3: S3, bucket: str, entries: List[Dict[str, Any]], staging: str, user: User, saved: float) -> None:
    """Files and ranges over eight connections. With the time of their save they are not mistaken for new ones."""
    queue = sorted((entry for entry in entries if "link" not in entry), key=lambda entry: entry["size"])
    for folder in sorted({os.path.dirname(safe_join(staging, entry["path"])) for entry in entries}):
        os.makedirs(folder, exist_ok=True)
    for entry in entries:
        if "link" in entry:
            _link(staging, entry)

    wanted = [Wanted(Location(bucket, entry["key"]), safe_join(staging, entry["path"]), entry["size"], entry["crc32"])
              for entry in queue]
    download_all(s3, wanted, lambda: rights_of(user), lambda one: os.utime(one.path, (saved, saved)))


def _link(staging: str, entry: Dict[str, Any]) -> None:
    """A link that stays below the directory; any other is refused."""
    target = os.path.normpath(os.path.join(os.path.dirname(entry["path"]), entry["link"]))
    if os.path.isabs(entry["link"]) or target == ".." or target.startswith("../"):
        raise GuardError("UnsafePath", "The link %s would lead out of the directory." % entry["path"], STORAGE, entry["path"])
    os.symlink(entry["link"], safe_join(staging, entry["path"]))


def _move_aside(directory: str, entries: List[Dict[str, Any]], manifest: Dict[str, Any]) -> Optional[str]:
    """Files that are in the way, and newer ones of the checkpoint's patterns, which a framework would load instead."""
    patterns = {pattern_of(entry["path"]) for entry in entries if entry["class"] != OLDER}
    folders = {pattern_of(path) for entry in entries if entry["class"] != OLDER for path in _above(entry["path"])}
    kept = {entry["path"] for entry in manifest["files"]}
    parents = {folder for path in kept for folder in _above(path)}
    brought = {entry["path"] for entry in entries}
    saved = parse_utc(manifest["saved_at"])
    aside = ""
    moved: Set[str] = set()
    for path in _walk(directory):
        full = os.path.join(directory, path)
        if path.split("/")[0] == STAGING or is_staging(path) or any(path.startswith(other + "/") for other in moved):
            continue
        if os.path.isdir(full) and not os.path.islink(full):
            newer = path not in parents and pattern_of(path) in folders and "#" in pattern_of(path) and _newest(full) > saved
        else:
            newer = path in brought or path not in kept and pattern_of(path) in patterns and os.lstat(full).st_mtime > saved
        if newer:
            if not moved:
                aside = _make_aside(directory)
            moved.add(path)
            os.makedirs(os.path.dirname(os.path.join(aside, path)), exist_ok=True)
            os.rename(full, os.path.join(aside, path))
    return aside if moved else None


def _make_aside(directory: str) -> str:
    """A folder beside the directory; where that is another disk or not the user's, inside it under a staging name."""
    moment = time.strftime("%Y%m%d%H%M%S", time.gmtime())
    aside = "%s.newer-%s" % (directory, moment)
    try:
        os.makedirs(aside, exist_ok=True)
        if os.stat(aside).st_dev == os.stat(directory).st_dev:
            return aside
        os.rmdir(aside)
    except OSError:
        pass  # The other place is as good.
    aside = os.path.join(directory, ".runctl-newer-%s.tmp" % moment)
    os.makedirs(aside, exist_ok=True)
    return aside


def _make_root(directory: str, user: User) -> None:
    try:
        with rights_of(user):
            os.makedirs(directory, exist_ok=True)
    except PermissionError:
        # A new directory beside a disk's mount point is made for the user; never through a link of his.
        nearest = directory
        while not os.path.lexists(nearest):
            nearest = os.path.dirname(nearest)
        if os.path.realpath(nearest) != nearest:
            raise
        make_directories(directory, user)


def _above(path: str) -> List[str]:
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(1, len(parts))]


def _walk(directory: str) -> List[str]:
    """Directories before what is in them; links are not followed."""
    found: List[str] = []
    for folder, folders, names in os.walk(directory):
        folders.sort()
        inside = os.path.relpath(folder, directory)
        found += [name if inside == "." else "%s/%s" % (inside, name) for name in folders + names]
    return sorted(found)


def _newest(folder: str) -> float:
    return max((os.lstat(os.path.join(inside, name)).st_mtime for inside, _, names in os.walk(folder) for name in names),
               default=0.0)


def _place(staging: str, directory: str, path: str) -> None:
    """Moves one file from staging to its place; what was there is aside by now."""
    target = safe_join(directory, path)
    _refuse_links(directory, path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    os.rename(safe_join(staging, path), target)


def _refuse_links(directory: str, path: str) -> None:
    """A directory that is a link would lead the file elsewhere."""
    place = directory
    for part in path.split("/")[:-1]:
        place = os.path.join(place, part)
        if os.path.islink(place):
            raise GuardError("UnsafePath", "%s is a link: the checkpoint is not restored through it." % place, STORAGE, place)
