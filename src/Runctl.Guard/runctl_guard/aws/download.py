"""Brings one object to a file: ranges in parallel, checked by its CRC32, in place only when it is whole."""
import contextlib
import os
import threading
import zlib
from typing import Dict, Optional

from ..errors import STORAGE, GuardError
from . import crc
from .lanes import in_lanes
from .s3 import S3, Location
from .upload import MINIMUM_PART, Part, plan


def download(s3: S3, at: Location, path: str, size: Optional[int] = None, crc32: Optional[str] = None,
             sync: bool = True) -> None:
    """The object at `path`, complete and checked; a file that was there stays until then. Without `sync` the caller has
    all of its files written to the disk at once."""
    if size is None or crc32 is None:
        head = s3.head(at)
        if head is None:
            raise GuardError("ObjectNotFound", "There is no %s." % at.uri(), STORAGE, at.uri())
        size = int(head.header("content-length") or 0) if size is None else size
        crc32 = crc32 or head.header("x-amz-checksum-crc32")
    # The name carries process and thread: another run may want the same.
    temporary = "%s.%d.%d.download" % (path, os.getpid(), threading.get_ident())
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)
    descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
    try:
        # Once more where it was spoilt on its way.
        for _ in range(2):
            total = crc.to_base64(_fetch(s3, at, descriptor, size))
            if not crc32 or total == crc32:
                break
        else:
            raise GuardError("ChecksumMismatch", "%s is not what was stored: its CRC32 is wrong." % at.uri(), STORAGE,
                             at.uri())
        if sync:
            os.fsync(descriptor)
        os.replace(temporary, path)
    finally:
        os.close(descriptor)
        if os.path.exists(temporary):
            os.unlink(temporary)


def _fetch(s3: S3, at: Location, descriptor: int, size: int) -> int:
    parts = plan(size)
    if len(parts) == 1:
        return _part(s3, at, descriptor, parts[0], size)
    checksums: Dict[int, int] = {}

    def fetch(part: Part) -> None:
        checksums[part.number] = _part(s3, at, descriptor, part, size)
    in_lanes(parts[::-1], fetch)
    total = 0
    for part in parts:
        total = crc.combine(total, checksums[part.number], part.length)
    return total


def _part(s3: S3, at: Location, descriptor: int, part: Part, size: int) -> int:
    headers = {} if size <= MINIMUM_PART else {"Range": "bytes=%d-%d" % (part.offset, part.offset + part.length - 1)}
    body = s3.call("GET", at, headers=headers, timeout=30.0).body
    if len(body) != part.length:
        raise GuardError("ChecksumMismatch", "%s has another size than its manifest says." % at.uri(), STORAGE, at.uri())
    os.pwrite(descriptor, body, part.offset)
    return zlib.crc32(body)
