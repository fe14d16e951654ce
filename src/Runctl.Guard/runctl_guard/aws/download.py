"""Brings objects to open files: ranges of all of them over a few connections, checked by CRC32.

A block goes from the connection to the file through one small buffer, so memory is flat and each byte is copied twice.
"""
import http.client
import os
import threading
import zlib
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ..errors import STORAGE, GuardError
from . import crc
from .lanes import in_lanes
from .part_queue import Part, plan
from .s3 import S3, Location, S3Error

# Small enough for the processor's cache: the checksum and the file take the block from there.
BLOCK = 256 << 10
PART_SECONDS = 30.0
# Once more if it was spoilt on its way.
TRIES = 2


class Wanted(NamedTuple):
    """An object, and what it has to be. `create` makes the new file and returns its descriptor, which is closed here; `done`
    gets the descriptor when the file is whole. Where S3 does not hold the object, `lost` is called, once or several times, and
    nothing fails; without `lost` that is ObjectNotFound."""
    at: Location
    create: Callable[[], int]
    size: int
    crc32: Optional[str]
    done: Callable[[int], None] = lambda descriptor: None
    lost: Optional[Callable[[], None]] = None


def download(s3: S3, at: Location, descriptor: int, size: Optional[int] = None, crc32: Optional[str] = None) -> None:
    """Writes the object to a new file, complete and checked."""
    if size is None or crc32 is None:
        head = s3.head(at)
        if head is None:
            raise _not_found(at)
        size = int(head.header("content-length") or 0) if size is None else size
        crc32 = crc32 or head.header("x-amz-checksum-crc32")
    download_all(s3, [Wanted(at, lambda: os.dup(descriptor), size, crc32)])


def _not_found(at: Location) -> GuardError:
    return GuardError("ObjectNotFound", "There is no %s in S3. Bring the object back, or name another one." % at.uri(), STORAGE,
                      at.uri())


def download_all(s3: S3, wanted: Sequence[Wanted]) -> None:
    """All of them, the last first. The data is with the kernel then, not on the disk: it is in S3, and no rule trusts it after a
    crash. After a failure the caller removes what was made."""
    files = [_File(s3, one) for one in wanted]
    work = [(file, part) for file in files for part in reversed(file.parts)]
    try:
        in_lanes(work, _fetch)
    finally:
        for file in files:
            file.close()


def _fetch(item: "Tuple[_File, Part]") -> None:
    file, part = item
    file.fetch(part)


class _File:
    """One download. The lane that brings its last part checks it."""

    def __init__(self, s3: S3, wanted: Wanted) -> None:
        self._s3, self._wanted = s3, wanted
        self.parts: List[Part] = plan(wanted.size) or [Part(1, 0, 0)]
        self._lock = threading.Lock()
        self._descriptor: Optional[int] = None
        self._checksums: Dict[int, int] = {}

    def fetch(self, part: Part) -> None:
        try:
            self._fetch(part)
        except GuardError as error:
            if error.id != "ObjectNotFound" or self._wanted.lost is None:
                raise
            # Other lanes may still write to its descriptor, which is closed with all others.
            self._wanted.lost()

    def _fetch(self, part: Part) -> None:
        descriptor = self._open()
        checksum = self._bring(descriptor, part)
        with self._lock:
            self._checksums[part.number] = checksum
            whole = len(self._checksums) == len(self.parts)
        if whole:
            self._finish(descriptor)

    def _open(self) -> int:
        with self._lock:
            if self._descriptor is None:
                self._descriptor = self._wanted.create()
            return self._descriptor

    def _bring(self, descriptor: int, part: Part) -> int:
        """Brings the part to the file. Returns its CRC32."""
        checksum = 0

        def receive(response: http.client.HTTPResponse) -> bytes:
            nonlocal checksum
            checksum, position = 0, part.offset
            block = memoryview(bytearray(min(BLOCK, part.length + 1)))
            while True:
                count = response.readinto(block)
                if not count:
                    break
                position += count
                if position > part.offset + part.length:
                    break
                checksum = zlib.crc32(block[:count], checksum)
                _write(descriptor, block[:count], position - count)
            if position - part.offset < part.length and response.length:
                raise http.client.IncompleteRead(b"", part.offset + part.length - position)
            if position != part.offset + part.length:
                raise GuardError("ChecksumMismatch", "%s has another size than its manifest says." % self._wanted.at.uri(), STORAGE,
                                 self._wanted.at.uri())
            return b""
        headers = {} if len(self.parts) == 1 else {"Range": "bytes=%d-%d" % (part.offset, part.offset + part.length - 1)}
        try:
            self._s3.call("GET", self._wanted.at, headers=headers, timeout=PART_SECONDS, receive=receive)
        except S3Error as error:
            if error.status != 404 or error.id == "BucketNotFound":
                raise
            raise _not_found(self._wanted.at)
        return checksum

    def _finish(self, descriptor: int) -> None:
        for left in range(TRIES, 0, -1):
            if self._wanted.crc32 in (None, "", crc.to_base64(self._total())):
                break
            if left == 1:
                raise GuardError("ChecksumMismatch", "%s is not what was stored: its CRC32 is wrong." % self._wanted.at.uri(),
                                 STORAGE, self._wanted.at.uri())
            for part in self.parts:
                self._checksums[part.number] = self._bring(descriptor, part)
        self._wanted.done(descriptor)
        self.close()

    def _total(self) -> int:
        total = 0
        for part in self.parts:
            total = crc.combine(total, self._checksums[part.number], part.length)
        return total

    def close(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            # A network file system may say only now that it took less than it was given.
            os.close(descriptor)


def _write(descriptor: int, block: memoryview, position: int) -> None:
    while block:
        written = os.pwrite(descriptor, block, position)
        position += written
        block = block[written:]
