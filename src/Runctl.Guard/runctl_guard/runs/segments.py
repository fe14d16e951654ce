"""How a log lies in S3: segments whose names say which bytes they hold, made of parts that are gzip members.

The header of a part holds its length. So parts that follow each other are one segment, which gzip unpacks as a whole,
and a reader finds each of them without unpacking any. The header's time is when S3 took the part; it is filled in
when segments are put together, as until then the object has it.
"""
import re
import struct
import zlib
from typing import Iterator, NamedTuple, Optional, Tuple

# Magic, method and flags; time; extra flags and system; one extra field: "RL" with the length of the whole part.
HEADER = struct.Struct("<4sIBBH2sHI")
# CRC-32 and length of what was packed.
TRAILER = struct.Struct("<II")
MAGIC = b"\x1f\x8b\x08\x04"
FIELD = b"RL"


class Segment(NamedTuple):
    """Bytes [start, end) of an attempt's log. `size` is that of the object, `taken` when S3 took it, in seconds since 1970."""
    start: int
    end: int
    size: int
    taken: float

    @property
    def name(self) -> str:
        return name_of(self.start, self.end)

    def holds(self, other: "Segment") -> bool:
        return self.start <= other.start and other.end <= self.end


def name_of(start: int, end: int) -> str:
    return "%012d-%012d.gz" % (start, end)


def range_of(name: str) -> Optional[Tuple[int, int]]:
    """Of a name; None for one of version 0.1, which tells no end, and for anything else."""
    match = re.match(r"([0-9]{12,18})-([0-9]{12,18})\.gz\Z", name)
    found = (int(match.group(1)), int(match.group(2))) if match else (0, 0)
    return found if found[0] < found[1] else None


def part_of(data: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(data) + packer.flush()
    length = HEADER.size + len(packed) + TRAILER.size
    return HEADER.pack(MAGIC, 0, 0, 255, 8, FIELD, 4, length) + packed + TRAILER.pack(zlib.crc32(data), len(data))


def parts(body: bytes) -> Iterator[Tuple[int, int, int, int]]:
    """Where each part lies: begin and end in the body, length unpacked, time. ValueError where there is none."""
    at = 0
    while at < len(body):
        try:
            magic, taken, _, _, extra, field, size, length = HEADER.unpack_from(body, at)
            whole = magic == MAGIC and (extra, field, size) == (8, FIELD, 4) and length >= HEADER.size + TRAILER.size
            _, unpacked = TRAILER.unpack_from(body, at + length - TRAILER.size)
        except struct.error:
            whole = False
        if not whole or at + length > len(body):
            raise ValueError("byte %d begins no part of a log" % at)
        yield at, at + length, unpacked, taken
        at += length


def stamped(body: bytes, taken: float) -> bytes:
    """The parts with the time S3 took them, where they have none yet."""
    stamped_body = bytearray(body)
    for begin, _, _, known in parts(body):
        if not known:
            struct.pack_into("<I", stamped_body, begin + 4, int(taken) & 0xffffffff)
    return bytes(stamped_body)


def length_of(body: bytes) -> int:
    """How many bytes of a log the parts hold."""
    return sum(unpacked for _, _, unpacked, _ in parts(body))
