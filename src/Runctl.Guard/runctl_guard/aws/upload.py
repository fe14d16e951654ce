"""Brings one file to S3: parts in parallel, failed ones again, slow ones twice, and a checksum S3 has to agree with."""
import os
import re
import threading
import time
import zlib
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from ..errors import STORAGE, GuardError
from ..system.files import read_json, remove, version, write_json
from ..system.guard_log import best_effort
from ..system.waiting import Calls
from . import crc
from .connections import close_connections
from .lanes import LANES
from .part_queue import MINIMUM_PART, Part, PartQueue, Range, plan
from .s3 import S3, Location, S3Error, error_from

# An answer that takes longer is asked for again: it may be lost, and the same parts make the same object.
COMPLETE_SECONDS = 20.0


class Stored(NamedTuple):
    size: int
    crc32: str
    etag: str = ""


def put_bytes(s3: S3, at: Location, body: bytes, cancelled: Callable[[], bool] = lambda: False) -> Stored:
    """A small object, with a checksum S3 has to agree with."""
    checksum = crc.to_base64(zlib.crc32(body))
    answer = s3.call("PUT", at, body=body, cancelled=cancelled)
    stored = Stored(len(body), checksum, answer.header("etag") or "")
    return stored if answer.header("x-amz-checksum-crc32") == checksum else verify(s3, at, stored)


def verify(s3: S3, at: Location, stored: Stored) -> Stored:
    """Asks S3 what it holds now."""
    answer = s3.head(at)
    held = answer and (answer.header("x-amz-checksum-crc32"), answer.header("content-length"))
    if held != (stored.crc32, str(stored.size)):
        raise GuardError("ChecksumMismatch", "%s holds %s instead of CRC32 %s and %d bytes."
                         % (at.uri(), held or "nothing", stored.crc32, stored.size), STORAGE, at.uri())
    return stored._replace(etag=(answer and answer.header("etag")) or "")


class FileUpload:
    """One upload. `ticket` is a file that lets a successor go on with what a killed guard began: parts that S3 has
    are not sent again. It belongs to one version of one file, wherever that is read from. `opened`: the file as it was when
    it was opened. `steady`: it has to stay so; of another one, a log, as many bytes are taken as it had. `connections` is
    shared with other uploads; `workers` is how many of them this one may use. `calls` notes each call on the file."""

    def __init__(self, s3: S3, at: Location, path: str, descriptor: int, opened: os.stat_result, ticket: Optional[str] = None,
                 steady: bool = True, cancelled: Callable[[], bool] = lambda: False,
                 count: Callable[[int], None] = lambda sent: None, workers: int = LANES,
                 connections: Optional[threading.Semaphore] = None, calls: Optional[Calls] = None) -> None:
        self._s3, self._at, self._path, self._descriptor, self._ticket, self._steady = s3, at, path, descriptor, ticket, steady
        self._cancelled, self._count, self._workers = cancelled, count, workers
        self._connections = connections or threading.Semaphore(LANES)
        self._calls = calls or Calls()
        self._identity, self._size = version(opened), opened.st_size

    def run(self) -> Stored:
        if self._size <= MINIMUM_PART:
            return self._small(self._descriptor, self._size)
        return self._finished(self._size) or self._large(self._descriptor, self._size)

    def _small(self, descriptor: int, size: int) -> Stored:
        body = self._calls.read(self._path, descriptor, size, 0)
        self._refuse_change(descriptor)
        with self._connections:
            stored = put_bytes(self._s3, self._at, body, self._cancelled)
        self._count(len(body))
        return stored

    def _read(self, descriptor: int, length: int, offset: int) -> bytes:
        return self._calls.read(self._path, descriptor, length, offset)

    def _changed(self, descriptor: int) -> bool:
        return self._steady and version(self._calls.call(self._path, os.fstat, descriptor)) != self._identity

    def _refuse_change(self, descriptor: int) -> None:
        if self._changed(descriptor):
            raise GuardError("CheckpointChanged", "%s was written to during its upload." % self._path, STORAGE)

    def _large(self, descriptor: int, size: int) -> Stored:
        parts = plan(size)
        checksums: Dict[int, int] = {}
        upload_id, held = self._resumed() or (self._begin(), {})
        queue = PartQueue(parts)
        for _ in range(min(self._workers, len(parts))):
            # A descriptor of its own: one that is late must not read from a number that was given to another file.
            threading.Thread(target=self._work, args=(queue, os.dup(descriptor), upload_id, held, checksums),
                             name="parts", daemon=True).start()
        try:
            try:
                queue.wait(lambda: self._cancelled() or self._changed(descriptor),
                          S3Error(0, "", "given up", self._at.uri()))
            finally:
                # Whatever came of it: parts of a file that changes fail in many ways.
                self._refuse_change(descriptor)
        except GuardError as error:
            # After any other failure the parts stay: the next try goes on from them.
            if self._cancelled() or error.id == "CheckpointChanged" or getattr(error, "code", "") == "NoSuchUpload":
                self._abandon(upload_id)
            raise
        total = 0
        for part in parts:
            total = crc.combine(total, checksums[part.number], part.length)
        stored = Stored(size, crc.to_base64(total))
        self._complete(upload_id, parts, queue.done, stored)
        stored = verify(self._s3, self._at, stored)
        self._write_ticket(crc32=stored.crc32)
        return stored

    # What a predecessor left

    def _kept(self) -> Dict[str, Any]:
        ticket = (read_json(self._ticket) if self._ticket else None) or {}
        return ticket if ticket.get("key") == self._at.key else {}

    def _write_ticket(self, **what: Any) -> None:
        if self._ticket:
            path = self._ticket
            best_effort(lambda: write_json(path, dict(what, schema=1, key=self._at.key)))

    def _finished(self, size: int) -> Optional[Stored]:
        """The file as a predecessor put it together, if S3 still holds it."""
        if "crc32" not in self._kept():
            return None
        stored = Stored(size, self._kept()["crc32"])
        try:
            return verify(self._s3, self._at, stored)
        except GuardError:
            return None

    def _resumed(self) -> Optional[Tuple[str, Dict[int, Dict[str, str]]]]:
        """The upload id a predecessor left, and the parts S3 has of it."""
        upload_id = self._kept().get("upload_id")
        try:
            return (upload_id, self._held(upload_id)) if upload_id else None
        except S3Error:
            return None

    def _held(self, upload_id: str) -> Dict[int, Dict[str, str]]:
        """The parts as S3 lists them."""
        held: Dict[int, Dict[str, str]] = {}
        marker = "0"
        while marker:
            answer = self._s3.call("GET", self._at, {"uploadId": upload_id, "part-number-marker": marker})
            text = answer.body.decode("utf-8", "replace")
            for item in re.findall(r"<Part>(.*?)</Part>", text, re.S):
                field = {name: _unescape(value) for name, value in re.findall(r"<(\w+)>(.*?)</\1>", item)}
                held[int(field["PartNumber"])] = field
            following = re.search(r"<NextPartNumberMarker>(\d+)<", text)
            marker = following.group(1) if following and "<IsTruncated>true" in text else ""
        return held

    def _begin(self) -> str:
        answer = self._s3.call("POST", self._at, {"uploads": ""}, {
            "x-amz-checksum-algorithm": "CRC32", "x-amz-checksum-type": "FULL_OBJECT"}, cancelled=self._cancelled)
        match = re.search(rb"<UploadId>(.*?)</UploadId>", answer.body)
        if not match:
            raise error_from(answer, self._at, self._s3.region)
        upload_id = match.group(1).decode("utf-8")
        self._write_ticket(upload_id=upload_id)
        return upload_id

    # The workers

    def _work(self, queue: PartQueue, descriptor: int, upload_id: str, held: Dict[int, Dict[str, str]],
              checksums: Dict[int, int]) -> None:
        try:
            part = queue.next()
            while part:
                self._send(queue, part, descriptor, upload_id, held.get(part.number) or {}, checksums)
                part = queue.next()
        finally:
            os.close(descriptor)
            close_connections()

    def _send(self, queue: PartQueue, part: Part, descriptor: int, upload_id: str, held: Dict[str, str],
              checksums: Dict[int, int]) -> None:
        """One part, unless S3 has it already."""
        started = time.monotonic()
        try:
            if part.number not in checksums:
                checksums[part.number] = crc.of_range(self._read, descriptor, part.offset, part.length)
            checksum = crc.to_base64(checksums[part.number])
            if (held.get("Size"), held.get("ChecksumCRC32")) == (str(part.length), checksum):
                return queue.finished(part, held["ETag"])
            with self._connections:
                answer = self._s3.call(
                    "PUT", self._at, {"partNumber": str(part.number), "uploadId": upload_id},
                    {"x-amz-checksum-crc32": checksum}, lambda: Range(self._read, descriptor, part.offset, part.length),
                    cancelled=lambda: self._cancelled() or queue.needless(part))
        except Exception as error:  # Whoever waits for the part has to hear of it, whatever it was.
            return queue.failed(part, error)
        queue.finished(part, answer.header("etag") or "", time.monotonic() - started)
        self._count(part.length)

    def _complete(self, upload_id: str, parts: List[Part], etags: Dict[int, str], stored: Stored) -> None:
        """Puts the parts together. An error can stand inside a 200, and a lost answer may have been a success."""
        headers = {"x-amz-checksum-crc32": stored.crc32, "x-amz-checksum-type": "FULL_OBJECT"}
        for _ in range(3):
            body = "<CompleteMultipartUpload>%s</CompleteMultipartUpload>" % "".join(
                "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>"
                % (part.number, etags[part.number].replace('"', "&quot;")) for part in parts)
            try:
                answer = self._s3.call("POST", self._at, {"uploadId": upload_id}, headers, body.encode("utf-8"),
                                       timeout=COMPLETE_SECONDS, attempts=3)
                if b"<Error>" not in answer.body:
                    return
                failure = error_from(answer, self._at, self._s3.region)
            except S3Error as error:
                failure = error
            if failure.code == "NoSuchUpload":
                return  # Done before, by an answer that was lost: what S3 holds is verified next.
            if failure.code == "InvalidPart":
                # Under SSE-KMS each sending of a part has an ETag of its own: S3 says which came last.
                held = self._held(upload_id)
                etags = {number: held[number]["ETag"] if number in held else etag for number, etag in etags.items()}
            elif failure.status != 200:
                break
        raise failure

    def _abandon(self, upload_id: str) -> None:
        try:
            self._s3.call("DELETE", self._at, {"uploadId": upload_id}, attempts=1, timeout=2.0)
        except GuardError:
            pass  # The bucket's lifecycle rule removes what is left.
        if self._ticket:
            remove(self._ticket)


def _unescape(text: str) -> str:
    return text.replace("&quot;", '"').replace("&#34;", '"')
