"""Is a checkpoint what it claims to be? Structure by kind; how far it was looked at is said, never assumed."""
import json
import os
import struct
import zipfile
from typing import Callable, NamedTuple, Optional

from .discovery import Candidate

ZIP_ENDINGS = (".pt", ".pth", ".ckpt", ".npz", ".keras", ".bin")


class Validation(NamedTuple):
    """`format`: zip, safetensors, json, directory, unknown. `level`: full, structure, settled."""
    format: str
    level: str
    detail: Optional[str] = None


class NotUsable(Exception):
    """The reason a checkpoint is rejected for."""
    pass


def validate(candidate: Candidate, enough_time: Callable[[], bool] = lambda: True) -> Validation:
    """Raises NotUsable. `enough_time` is asked now and then: without it members are not read to their end."""
    try:
        if candidate.kind == "directory":
            return _directory(candidate, enough_time)
        return _file(candidate.path, enough_time)
    except NotUsable:
        raise
    except Exception as error:  # Damage can surface as anything; it must never end the sequence.
        raise NotUsable(str(error) or type(error).__name__)


def _file(path: str, enough_time: Callable[[], bool]) -> Validation:
    if os.path.getsize(path) == 0:
        raise NotUsable("the file is empty")
    name = path.lower()
    with open(path, "rb") as file:
        beginning = file.read(8)
    if name.endswith(".safetensors"):
        return _safetensors(path)
    if name.endswith(".json"):
        with open(path, "rb") as file:
            json.loads(file.read().decode("utf-8"))
        return Validation("json", "full")
    if beginning.startswith(b"PK\x03\x04") or name.endswith((".npz", ".keras")):
        return _zip(path, enough_time)
    if name.endswith(ZIP_ENDINGS) and not any(beginning):
        raise NotUsable("the file begins with zeros")
    # Older torch files are bare pickles; nothing in them tells a whole one from a torn one.
    return Validation("unknown", "settled")


def _zip(path: str, enough_time: Callable[[], bool]) -> Validation:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if not members:
            raise NotUsable("the archive has no members")
        if all(member.CRC == 0 for member in members if member.file_size) and any(m.file_size for m in members):
            return Validation("zip", "structure", "the archive was written without member checksums")
        for member in members:
            # Reading to the end is what compares the member's CRC32.
            with archive.open(member) as stream:
                while stream.read(1 << 20):
                    if not enough_time():
                        return Validation("zip", "structure", "member checksums were not read for lack of time")
    return Validation("zip", "full")


def _safetensors(path: str) -> Validation:
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        if length > min(size - 8, 100 << 20):
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
    return Validation("safetensors", "full")


def _directory(candidate: Candidate, enough_time: Callable[[], bool]) -> Validation:
    level, detail = "full", None
    for relative in candidate.files:
        path = os.path.join(candidate.path, relative)
        # Empty markers (.done, __init__) are usual in a directory; weights and indexes are not empty.
        if os.path.getsize(path) == 0 and not relative.lower().endswith(ZIP_ENDINGS + (".safetensors", ".json")):
            continue
        try:
            part = _file(path, enough_time)
        except Exception as error:
            raise NotUsable("%s: %s" % (relative, error))
        if part.level != "full" and level == "full":
            level, detail = part.level, "%s: %s" % (relative, part.detail or "of a kind that cannot be checked")
        if relative.endswith(".index.json"):
            _index(path, candidate)
    return Validation("directory", level, detail)


def _index(path: str, candidate: Candidate) -> None:
    """Every shard that an index names has to be there."""
    with open(path, "rb") as file:
        weights = json.loads(file.read().decode("utf-8")).get("weight_map", {})
    folder = os.path.dirname(os.path.relpath(path, candidate.path))
    for shard in sorted(set(weights.values())):
        if os.path.normpath(os.path.join(folder, shard)) not in candidate.files:
            raise NotUsable("the index names %s, which is not there" % shard)
