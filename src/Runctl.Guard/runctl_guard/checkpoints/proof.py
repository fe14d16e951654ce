"""Is a file what its kind claims to be? By its structure; only where a checksum covers every byte it counts as proven."""
import io
import json
import re
import struct
import zipfile
from typing import IO, Any, Callable, NamedTuple, Optional

from .kinds import LARGEST_SAFETENSORS_HEADER

FULL, STRUCTURE, SETTLED = "full", "structure", "settled"
LEVELS = (SETTLED, STRUCTURE, FULL)
LARGEST_JSON = 256 << 20
# Of a dictionary that numpy writes; with other values, as those of records, nothing is known of the size.
NPY_ITEM = re.compile(r"""['"]descr['"]: *['"][<>|=]?([a-zA-Z])([0-9]{1,9})['"]""")
NPY_SHAPE = re.compile(r"""['"]shape['"]: *\(((?:[0-9]{1,18}L?,? ?){0,64})\)""")
# What members unpack to, for each byte of the archive: weights hardly shrink, and no upload waits for a bomb to unpack.
MOST_UNPACKED = 20
# Gets a length and an offset.
Reader = Callable[[int, int], bytes]


class Validation(NamedTuple):
    """`format`: the kind of content, or `directory` of several. `level`: full, structure or settled."""
    format: str
    level: str
    detail: Optional[str] = None


class NotUsable(Exception):
    """The reason a checkpoint is refused for."""
    pass


class _Stream(io.RawIOBase):
    """A file of that size as the standard library wants it."""

    def __init__(self, read: Reader, size: int) -> None:
        self._read, self._size, self._at = read, size, 0
        # Why a read failed: the standard library takes some of these for damage.
        self.failure: Optional[OSError] = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        to = offset + (0, self._at, self._size)[whence]
        if to < 0:
            raise OSError("before the beginning")
        self._at = to
        return to

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._read(max(0, min(len(buffer), self._size - self._at)), self._at)
        except OSError as error:
            self.failure = error
            raise
        buffer[:len(data)] = data
        self._at += len(data)
        return len(data)


def prove(read: Reader, size: int, kind: Optional[str], enough_time: Callable[[], bool] = lambda: True) -> Validation:
    """Raises NotUsable. `enough_time` is asked now and then: without it members are not read to their end."""
    stream = _Stream(read, size)
    try:
        with io.BufferedReader(stream, 1 << 18) as file:
            if kind == "zip":
                return _zip(file, size, enough_time)
            check = {"safetensors": _safetensors, "hdf5": _hdf5, "npy": _npy, "json": _json}.get(kind or "")
            if check is None:
                # Nothing in a bare pickle or in raw bytes tells a whole file from a torn one.
                return Validation(kind or "unknown", SETTLED)
            return check(file, size)
    except NotUsable:
        raise
    except Exception as error:  # Damage can surface as anything; it must never end the sequence.
        cause = stream.failure or error
        raise NotUsable(str(getattr(cause, "strerror", None) or cause) or type(cause).__name__)


def _zip(file: IO[bytes], size: int, enough_time: Callable[[], bool]) -> Validation:
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        if not members:
            raise NotUsable("the archive has no members")
        if all(member.CRC == 0 for member in members if member.file_size) and any(m.file_size for m in members):
            return Validation("zip", STRUCTURE, "the archive was written without member checksums")
        if sum(member.file_size for member in members) > MOST_UNPACKED * size:
            return Validation("zip", STRUCTURE, "its members unpack to many times its size, and were not read")
        for member in members:
            # Reading to the end is what compares the member's CRC32.
            with archive.open(member) as stream:
                while stream.read(1 << 20):
                    if not enough_time():
                        return Validation("zip", STRUCTURE, "member checksums were not read for lack of time")
    return Validation("zip", FULL)


def _safetensors(file: IO[bytes], size: int) -> Validation:
    (length,) = struct.unpack("<Q", file.read(8))
    if length > min(size - 8, LARGEST_SAFETENSORS_HEADER):
        raise NotUsable("the header is longer than the file")
    header = json.loads(file.read(length).decode("utf-8"))
    ranges = sorted(tuple(entry["data_offsets"]) for name, entry in header.items() if name != "__metadata__")
    position = 0
    for begin, end in ranges:
        if begin != position or end < begin:
            raise NotUsable("its tensors do not follow one another")
        position = end
    if 8 + length + position != size:
        raise NotUsable("it has %d bytes instead of %d" % (size, 8 + length + position))
    return Validation("safetensors", STRUCTURE)


def _hdf5(file: IO[bytes], size: int) -> Validation:
    """The superblock says where the file ends."""
    head = file.read(64)
    version, wide = head[8], head[13] if head[8] < 2 else head[9]
    at = {0: 24 + 2 * wide, 1: 28 + 2 * wide, 2: 12 + 2 * wide, 3: 12 + 2 * wide}.get(version)
    if at is None or wide not in (4, 8):
        return Validation("hdf5", SETTLED, "an unknown version of the format")
    end = int.from_bytes(head[at:at + wide], "little")
    if end > size:
        raise NotUsable("it has %d bytes instead of %d" % (size, end))
    return Validation("hdf5", STRUCTURE)


def _npy(file: IO[bytes], size: int) -> Validation:
    head = file.read(12)
    wide = 2 if head[6] == 1 else 4
    length = int.from_bytes(head[8:8 + wide], "little")
    if length > 1 << 20:
        raise NotUsable("the header is longer than any array's")
    file.seek(8 + wide)
    # Never evaluated: a hostile expression ends the interpreter, and the guard with it.
    header = file.read(length).decode("latin-1").strip()
    if not (header.startswith("{") and header.endswith("}")):
        raise NotUsable("the header is torn")
    item, shape = NPY_ITEM.search(header), NPY_SHAPE.search(header)
    if not item or not shape or item.group(1) in "OU":
        return Validation("npy", SETTLED)
    expected = int(item.group(2))
    for extent in re.findall("[0-9]+", shape.group(1)):
        expected *= int(extent)
    if size < 8 + wide + length + expected:
        raise NotUsable("it has %d bytes instead of %d" % (size, 8 + wide + length + expected))
    return Validation("npy", STRUCTURE)


def _json(file: IO[bytes], size: int) -> Validation:
    if size > LARGEST_JSON:
        return Validation("json", SETTLED, "too large to be read")
    json.loads(file.read().decode("utf-8"))
    return Validation("json", STRUCTURE)
