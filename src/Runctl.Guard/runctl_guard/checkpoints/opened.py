"""The files of a checkpoint, opened before the first byte is sent: what is renamed or deleted then stays readable."""
import os
import resource
from typing import Callable, Dict, List, NamedTuple, Optional, Set

from ..errors import STORAGE, GuardError
from ..system.user_rights import open_readable
from ..system.users import User
from .looks import version_of
from .proof import LEVELS, NotUsable, Validation, prove
from .sets import CURRENT, OLDER, SAVE, CheckpointSet, SetFile

# Small files are read at once, so that thousands of them need no descriptors.
SMALL_BYTES = 64 << 10
MOST_SMALL_BYTES = 64 << 20


class Source(NamedTuple):
    """One file to send: its bytes, or a descriptor. `steady`: it has to stay what it is while it is read."""
    file: SetFile
    data: Optional[bytes]
    descriptor: Optional[int]
    steady: bool = True

    def size(self) -> int:
        return len(self.data) if self.data is not None else self.file.size


class OpenedCheckpoint:
    """`missing`: what is current and cannot be had, with the reason. Close it."""

    def __init__(self, checkpoint: CheckpointSet) -> None:
        self.checkpoint = checkpoint
        self.sources: Dict[str, Source] = {}
        self.missing: Dict[str, str] = {}
        self.validation = Validation("unknown", "settled")
        self.closed = False

    def close(self) -> None:
        for source in self.sources.values():
            if source.descriptor is not None:
                os.close(source.descriptor)
        self.sources, self.closed = {}, True

    def bytes_of(self, *parts: str) -> int:
        return sum(source.size() for source in self.sources.values() if source.file.part in parts)

    def count_of(self, *parts: str) -> int:
        return sum(source.file.part in parts for source in self.sources.values())


def open_checkpoint(checkpoint: CheckpointSet, directory: str, user: Optional[User], copies: Dict[str, str],
                    stored: Callable[[str], bool], older: bool = False) -> OpenedCheckpoint:
    """Opens what S3 does not have yet, with `older` of older units too. CheckpointChanged if a required file is not what it was."""
    opened, small = OpenedCheckpoint(checkpoint), 0
    _raise_limit()
    try:
        for file in checkpoint.part(SAVE, CURRENT) + (checkpoint.part(OLDER) if older else []):
            if file.link is not None or stored(file.version):
                continue
            try:
                source = _open(file, directory, user, copies, small)
            except OSError as error:
                if file.part == SAVE:
                    raise GuardError("CheckpointChanged", "%s of the checkpoint cannot be read any more: %s"
                                     % (file.path, error.strerror or error), STORAGE, file.path)
                if file.part == OLDER:
                    continue
                opened.missing[file.path] = error.strerror or str(error)
                continue
            small += len(source.data or b"")
            opened.sources[source.file.path] = source
        return opened
    except BaseException:
        opened.close()
        raise


def _open(file: SetFile, directory: str, user: Optional[User], copies: Dict[str, str], small: int) -> Source:
    copy = copies.get(file.version)
    # A copy is the guard's own.
    descriptor = open_readable(copy, None) if copy else open_readable(os.path.join(directory, file.path), user)
    try:
        stat = os.fstat(descriptor)
        version = version_of(stat)
        if file.running:
            file = file._replace(version=version, size=stat.st_size)
        elif not copy and version != file.version:
            raise OSError("it has changed")
        if stat.st_size <= SMALL_BYTES and small < MOST_SMALL_BYTES:
            data = os.pread(descriptor, stat.st_size, 0)
            after = os.fstat(descriptor)
            if not file.running and (len(data), after.st_mtime_ns) != (stat.st_size, stat.st_mtime_ns):
                raise OSError("it has changed")
            os.close(descriptor)
            return Source(file, data, None)
        return Source(file, None, descriptor, not file.running)
    except BaseException:
        os.close(descriptor)
        raise


def _raise_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def prove_all(opened: OpenedCheckpoint, kinds: Callable[[str], Optional[str]], weights: Callable[[str], bool],
              cut: Set[str], enough_time: Callable[[], bool]) -> Dict[str, str]:
    """Reasons against the files of the save by path; sets how far the checkpoint was looked at. A file that is no weight
    file decides nothing: what speaks against it is a note."""
    wrong: Dict[str, str] = {}
    proven: List[Validation] = []
    notes: List[str] = []
    for path, source in opened.sources.items():
        if source.file.part != SAVE:
            continue
        try:
            found = _prove(source, kinds(path), enough_time)
        except NotUsable as error:
            # Any file that was being written at the kill has lost its end, a trainer's state too.
            if weights(path) or path in cut:
                wrong[path] = str(error)
            else:
                notes.append("%s: %s" % (path, error))
            continue
        if path in cut and found.level != "full":
            wrong[path] = "a process that was writing to it was killed"
        if weights(path):
            proven.append(found)
    if proven:
        least = min(proven, key=lambda one: LEVELS.index(one.level))
        detail = "; ".join(notes) or least.detail
        one = len(proven) == 1
        opened.validation = Validation(least.format if one else "directory", least.level, detail)
    return wrong


def _prove(source: Source, kind: Optional[str], enough_time: Callable[[], bool]) -> Validation:
    if source.descriptor is not None:
        return prove(source.descriptor, kind, enough_time)
    memory = os.memfd_create("runctl") if hasattr(os, "memfd_create") else None
    if memory is None:
        return Validation(kind or "unknown", "settled")
    try:
        os.write(memory, source.data or b"")
        return prove(memory, kind, enough_time)
    finally:
        os.close(memory)
