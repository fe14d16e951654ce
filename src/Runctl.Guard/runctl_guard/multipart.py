"""Brings one file to S3: parts in parallel, failed ones again, slow ones twice, and a checksum S3 has to agree with."""
import os
import re
import statistics
import threading
import time
import zlib
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from . import crc
from .errors import STORAGE, GuardError
from .files import read_json, write_json
from .http import close_connections
from .s3 import S3, Location, S3Error, error_from

MINIMUM_PART = 8 << 20
MOST_PARTS = 10000
WORKERS = 8


class Stored(NamedTuple):
    size: int
    crc32: str


class Part(NamedTuple):
    number: int
    offset: int
    length: int


class Range:
    """A part of an open file as a stream; memory stays flat whatever the file's size."""

    def __init__(self, descriptor: int, offset: int, length: int) -> None:
        self._descriptor, self._position, self._end = descriptor, offset, offset + length
        self.length = length

    def read(self, count: int = -1) -> bytes:
        left = self._end - self._position
        block = os.pread(self._descriptor, left if count < 0 else min(count, left), self._position)
        self._position += len(block)
        return block


def plan(size: int) -> List[Part]:
    """Parts of at least 8 MiB, and never more than S3 takes."""
    length = max(MINIMUM_PART, -(-size // MOST_PARTS))
    return [Part(index + 1, offset, min(length, size - offset)) for index, offset in enumerate(range(0, size, length))]


def _unescape(text: str) -> str:
    return text.replace("&quot;", '"').replace("&#34;", '"')


def identity(stat: os.stat_result) -> List[int]:
    return [stat.st_ino, stat.st_size, stat.st_mtime_ns]


class FileUpload:
    """One upload. `ticket` is a file that lets a successor finish what a killed guard began."""

    def __init__(self, s3: S3, at: Location, path: str, ticket: Optional[str] = None,
                 cancelled: Callable[[], bool] = lambda: False) -> None:
        self._s3, self._at, self._path, self._ticket = s3, at, path, ticket
        self._cancelled = cancelled
        self._condition = threading.Condition()
        self._done: Dict[int, str] = {}
        self._seconds: List[float] = []
        self._running: Dict[Part, float] = {}
        self._queue: List[Part] = []
        self._failure: Optional[Exception] = None

    def run(self) -> Stored:
        descriptor = os.open(self._path, os.O_RDONLY)
        try:
            before = os.fstat(descriptor)
            if before.st_size <= MINIMUM_PART:
                stored = self._small(descriptor, before.st_size)
            else:
                stored = self._large(descriptor, before)
            if identity(os.fstat(descriptor)) != identity(before):
                raise GuardError("CheckpointChanged", "%s was written to during its upload." % self._path, STORAGE)
            return stored
        finally:
            os.close(descriptor)

    def _small(self, descriptor: int, size: int) -> Stored:
        body = os.pread(descriptor, size, 0)
        stored = Stored(len(body), crc.to_base64(zlib.crc32(body)))
        answer = self._s3.call("PUT", self._at, headers={"x-amz-checksum-crc32": stored.crc32}, body=body,
                               cancelled=self._cancelled)
        if answer.header("x-amz-checksum-crc32") != stored.crc32:
            self._verify(stored)
        return stored

    def _verify(self, stored: Stored) -> None:
        """Asks S3 what it holds now."""
        answer = self._s3.head(self._at)
        held = answer and (answer.header("x-amz-checksum-crc32"), answer.header("content-length"))
        if held != (stored.crc32, str(stored.size)):
            raise GuardError("ChecksumMismatch", "%s holds %s instead of CRC32 %s and %d bytes."
                             % (self._at.uri(), held or "nothing", stored.crc32, stored.size), STORAGE, self._at.uri())

    def _large(self, descriptor: int, stat: os.stat_result) -> Stored:
        parts = plan(stat.st_size)
        checksums: Dict[int, int] = {}
        upload_id = self._resume(descriptor, stat, parts, checksums) or self._begin(stat)
        self._queue = [part for part in reversed(parts) if part.number not in self._done]
        workers = [threading.Thread(target=self._work, args=(descriptor, upload_id, checksums), name="parts",
                                    daemon=True)
                   for _ in range(min(WORKERS, len(self._queue)))]
        for worker in workers:
            worker.start()
        with self._condition:
            while len(self._done) < len(parts) and not self._failure:
                self._condition.wait(0.5)
                if self._cancelled():
                    self._failure = S3Error(0, "", "given up", self._at.uri())
            failure, self._queue = self._failure, []
        if failure:
            self._abandon(upload_id)
            raise failure
        total = 0
        for part in parts:
            total = crc.combine(total, checksums[part.number], part.length)
        stored = Stored(stat.st_size, crc.to_base64(total))
        self._complete(upload_id, parts, stored)
        self._verify(stored)
        self._forget_ticket()
        return stored

    def _begin(self, stat: os.stat_result) -> str:
        answer = self._s3.call("POST", self._at, {"uploads": ""}, {
            "x-amz-checksum-algorithm": "CRC32", "x-amz-checksum-type": "FULL_OBJECT"}, cancelled=self._cancelled)
        match = re.search(rb"<UploadId>(.*?)</UploadId>", answer.body)
        if not match:
            raise error_from(answer, self._at, self._s3.region)
        upload_id = match.group(1).decode("utf-8")
        if self._ticket:
            write_json(self._ticket, {"schema": 1, "upload_id": upload_id, "key": self._at.key,
                                      "file": identity(stat)})
        return upload_id

    def _resume(self, descriptor: int, stat: os.stat_result, parts: List[Part],
                checksums: Dict[int, int]) -> Optional[str]:
        """The upload id a predecessor left, with the parts that are there already and right."""
        ticket = read_json(self._ticket) if self._ticket else None
        if not ticket or ticket["key"] != self._at.key or ticket["file"] != identity(stat):
            return None
        held: Dict[int, Any] = {}
        marker = "0"
        while marker:
            try:
                answer = self._s3.call("GET", self._at, {"uploadId": ticket["upload_id"], "part-number-marker": marker})
            except S3Error:
                return None
            text = answer.body.decode("utf-8", "replace")
            for item in re.findall(r"<Part>(.*?)</Part>", text, re.S):
                field = {name: value for name, value in re.findall(r"<(\w+)>(.*?)</\1>", item)}
                held[int(field["PartNumber"])] = field
            following = re.search(r"<NextPartNumberMarker>(\d+)<", text)
            marker = following.group(1) if following and "<IsTruncated>true" in text else ""
        for part in parts:
            field = held.get(part.number)
            if field and field.get("Size") == str(part.length):
                value = crc.of_range(descriptor, part.offset, part.length)
                if field.get("ChecksumCRC32") == crc.to_base64(value):
                    checksums[part.number] = value
                    self._done[part.number] = _unescape(field["ETag"])
        return ticket["upload_id"]

    def _work(self, shared: int, upload_id: str, checksums: Dict[int, int]) -> None:
        # A descriptor of its own: one that is late must not read from a number that was given to another file.
        descriptor = os.dup(shared)
        try:
            while self._send_next(descriptor, upload_id, checksums):
                pass
        finally:
            os.close(descriptor)
            close_connections()

    def _send_next(self, descriptor: int, upload_id: str, checksums: Dict[int, int]) -> bool:
        """One part; False when there is none left to send."""
        part = self._next()
        if part is None:
            return False
        started = time.monotonic()
        try:
            if part.number not in checksums:
                checksums[part.number] = crc.of_range(descriptor, part.offset, part.length)
            answer = self._s3.call(
                "PUT", self._at, {"partNumber": str(part.number), "uploadId": upload_id},
                {"x-amz-checksum-crc32": crc.to_base64(checksums[part.number])},
                lambda: Range(descriptor, part.offset, part.length), cancelled=lambda: self._given_up(part))
        except (GuardError, OSError) as error:
            with self._condition:
                if part.number not in self._done:
                    self._failure = self._failure or error
                self._condition.notify_all()
            return False
        with self._condition:
            self._done.setdefault(part.number, answer.header("etag") or "")
            self._seconds.append(time.monotonic() - started)
            self._condition.notify_all()
        return True

    def _given_up(self, part: Part) -> bool:
        return self._cancelled() or self._failure is not None or part.number in self._done

    def _next(self) -> Optional[Part]:
        """The next part to send: a new one, else one that takes far longer than the others did."""
        with self._condition:
            while not self._failure:
                if self._queue:
                    part = self._queue.pop()
                    self._running[part] = time.monotonic()
                    return part
                waiting = [part for part in self._running if part.number not in self._done]
                if not waiting:
                    return None
                slow = max(1.0, 3 * statistics.median(self._seconds)) if self._seconds else 10.0
                oldest = min(waiting, key=lambda part: self._running[part])
                if time.monotonic() - self._running[oldest] > slow:
                    self._running[oldest] = time.monotonic()
                    return oldest
                self._condition.wait(0.2)
            return None

    def _complete(self, upload_id: str, parts: List[Part], stored: Stored) -> None:
        """Puts the parts together. An error can stand inside a 200, and a lost answer may have been a success."""
        body = "<CompleteMultipartUpload>%s</CompleteMultipartUpload>" % "".join(
            "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>"
            % (part.number, self._done[part.number].replace('"', "&quot;")) for part in parts)
        headers = {"x-amz-checksum-crc32": stored.crc32, "x-amz-checksum-type": "FULL_OBJECT"}
        for attempt in range(3):
            try:
                answer = self._s3.call("POST", self._at, {"uploadId": upload_id}, headers, body.encode("utf-8"),
                                       timeout=120.0, attempts=3)
            except S3Error as error:
                if error.code == "NoSuchUpload":
                    return  # Done before, by an answer that was lost: what S3 holds is verified next.
                raise
            if b"<Error>" not in answer.body:
                return
            failure = error_from(answer, self._at, self._s3.region)
        raise failure

    def _abandon(self, upload_id: str) -> None:
        try:
            self._s3.call("DELETE", self._at, {"uploadId": upload_id}, attempts=1, timeout=2.0)
        except GuardError:
            return  # The bucket's lifecycle rule removes what is left.
        self._forget_ticket()

    def _forget_ticket(self) -> None:
        if self._ticket and os.path.exists(self._ticket):
            os.unlink(self._ticket)
