"""Brings a checkpoint from S3 back to the disk, whole and checked. Names in a manifest are untrusted."""
import contextlib
import functools
import os
import time
from typing import Any, Dict, List, Optional, Set

from ..aws.download import Wanted, download_all
from ..aws.s3 import S3, Location, parse_uri
from ..errors import STORAGE, GuardError
from ..system.clock import parse_utc
from ..system.paths import check_links, safe_join
from ..system.user_files import Folder, make_folder
from ..system.users import User
from .manifest import read_manifest
from .names import STAGING, above_of, is_staging, pattern_of
from .sets import OLDER

# Of the disk's free room so much stays free of older files.
FREE_SHARE = 0.2


def restore(s3: S3, uri: str, directory: str, user: User, limit: Optional[int] = None,
            store: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
    """Downloads and verifies a checkpoint into the directory. Returns its manifest with `local`, the path of its head now,
    `restored`, the paths that were brought, `left`, the entries that were not, `lost`, the paths of those that S3 does not
    hold, and `moved`, where newer files are now."""
    manifest = read_manifest(s3, uri, store)
    names = [entry["path"] for entry in manifest["files"]]
    for name in [manifest["name"], manifest["head"]] + names:
        safe_join(directory, name)
    check_links({entry["path"]: entry["link"] for entry in manifest["files"] if "link" in entry})
    with make_folder(directory, user) as folder:
        try:
            entries, left, lost, moved = _restored(s3, uri, manifest, folder, limit)
        except PermissionError as error:
            raise GuardError("DirectoryRefused", "%s may not restore a checkpoint into %s: %s%s. Give the directory and all in it to "
                             "that user, or set [checkpoint] dir to one of the user's."
                             % (user.name, directory, error.strerror, " (%s)" % error.filename if error.filename else ""),
                             STORAGE, directory)
    return dict(manifest, local=safe_join(directory, manifest["head"]), restored=[entry["path"] for entry in entries],
                left=left, lost=lost, moved=moved)


def _restored(s3: S3, uri: str, manifest: Dict[str, Any], folder: Folder, limit: Optional[int]) -> Any:
    entries, left = _chosen(manifest, limit, folder)
    for entry in entries:
        # Raises if a link lies on the way, before anything is brought.
        folder.kind(entry["path"])
    _clear(folder)
    folder.make(STAGING, 0o700)
    try:
        lost = _fetch(s3, parse_uri(uri).bucket, entries, folder, parse_utc(manifest["saved_at"]))
        left += [entry for entry in entries if entry["path"] in lost]
        entries = [entry for entry in entries if entry["path"] not in lost]
        moved = _move_aside(folder, entries, manifest)
        for entry in entries:
            # What was there is aside by now.
            folder.rename(_staged(entry), entry["path"])
    finally:
        # What is left here is in the way of nothing: the next restore begins with this again.
        with contextlib.suppress(OSError, GuardError):
            _clear(folder)
    return entries, left, sorted(lost), moved


def _clear(folder: Folder) -> None:
    """Makes room for the staging folder. What of an earlier restore cannot be removed is moved aside, under a staging name."""
    try:
        folder.remove(STAGING)
    except OSError as error:
        try:
            folder.rename(STAGING, ".runctl-restore-%d.tmp" % time.time_ns())
        except OSError:
            raise GuardError("DirectoryRefused", "%s/%s is left of an earlier restore, and can be neither removed nor moved "
                             "aside: %s. Remove it." % (folder.path, STAGING, error.strerror), STORAGE, folder.path)


def _staged(entry: Dict[str, Any]) -> str:
    return "%s/%s" % (STAGING, entry["path"])


def _chosen(manifest: Dict[str, Any], limit: Optional[int], folder: Folder) -> Any:
    """All that the save wrote and that is current, and older files, the newest first, up to the limit in bytes."""
    entries = [entry for entry in manifest["files"] if entry["class"] != OLDER]
    total = sum(entry.get("size", 0) for entry in entries)
    room = folder.free() * (1 - FREE_SHARE) if limit is None else limit
    left: List[Dict[str, Any]] = []
    for entry in [entry for entry in reversed(manifest["files"]) if entry["class"] == OLDER]:
        if total + entry.get("size", 0) <= room:
            total += entry.get("size", 0)
            entries.append(entry)
        else:
            left.append(entry)
    return entries, left


def _fetch(s3: S3, bucket: str, entries: List[Dict[str, Any]], folder: Folder, saved: float) -> Set[str]:
    """Files and ranges over eight connections. With the time of their save they are not mistaken for new ones. Returns the paths
    of older files that S3 does not hold: the checkpoint is whole without them."""
    lost: Set[str] = set()
    queue = sorted((entry for entry in entries if "link" not in entry), key=lambda entry: entry["size"])
    for entry in entries:
        if "link" in entry:
            folder.link(entry["link"], _staged(entry))

    download_all(s3, [Wanted(Location(bucket, entry["key"]), functools.partial(folder.create, _staged(entry)), entry["size"],
                             entry["crc32"], lambda descriptor: os.utime(descriptor, (saved, saved)),
                             functools.partial(lost.add, entry["path"]) if entry["class"] == OLDER else None) for entry in queue])
    return lost


def _move_aside(folder: Folder, entries: List[Dict[str, Any]], manifest: Dict[str, Any]) -> Optional[str]:
    """Files that are in the way, and newer ones of the checkpoint's patterns, which a framework would load instead."""
    patterns = {pattern_of(entry["path"]) for entry in entries if entry["class"] != OLDER}
    folders = {pattern_of(path) for entry in entries if entry["class"] != OLDER for path in above_of(entry["path"])}
    kept = {entry["path"] for entry in manifest["files"]}
    parents = {path for name in kept for path in above_of(name)}
    brought = {entry["path"] for entry in entries}
    saved = parse_utc(manifest["saved_at"])
    moving: List[str] = []
    moved: Set[str] = set()
    for path, kind, modified in list(folder.walk()):
        if path.split("/")[0] == STAGING or is_staging(path) or moved & set(above_of(path)):
            continue
        if kind == "dir":
            newer = path in brought or path not in parents and pattern_of(path) in folders and "#" in pattern_of(path) \
                and _newest(folder, path) > saved
        else:
            newer = path in brought or path not in kept and pattern_of(path) in patterns and modified > saved
        if newer:
            moved.add(path)
            moving.append(path)
    if not moving:
        return None
    with folder.aside("newer") as aside:
        for path in moving:
            # What went meanwhile is in nobody's way.
            with contextlib.suppress(FileNotFoundError):
                folder.rename(path, path, aside)
        return aside.path


def _newest(folder: Folder, path: str) -> float:
    return max((modified for _, kind, modified in folder.walk(path) if kind != "dir"), default=0.0)
