"""The files of a checkpoint, opened before the first byte is sent: what is renamed or deleted then stays readable."""
import os
import resource
from typing import Callable, Dict, List, NamedTuple, Optional, Set

from ..errors import STORAGE, GuardError
from ..system.user_files import open_readable
from ..system.users import User
from ..system.waiting import Calls, past_stuck
from .looks import version_of
from .proof import LEVELS, NotUsable, Reader, Validation, prove
from .sets import CURRENT, OLDER, SAVE, CheckpointSet, SetFile

# Small files are read at once, so that thousands of them need no descriptors.
SMALL_BYTES = 64 << 10
MOST_SMALL_BYTES = 64 << 20


class Source(NamedTuple):
    """One file to send: its bytes, or a descriptor with the file as it was when it was opened. `path`: where it is read from.
    `steady`: it has to stay so while it is read."""
    file: SetFile
    path: str
    data: Optional[bytes]
    descriptor: Optional[int]
    opened: Optional[os.stat_result] = None
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
    """Opens what S3 does not have yet, with `older` of older units too. CheckpointChanged if a required file is not what it
    was, CheckpointUnreadable if it cannot be read."""
    _raise_limit()
    return past_stuck(lambda calls: _open_all(checkpoint, directory, user, copies, stored, older, calls),
                      lambda opened: opened.close())


def _open_all(checkpoint: CheckpointSet, directory: str, user: Optional[User], copies: Dict[str, str],
              stored: Callable[[str], bool], older: bool, calls: Calls) -> OpenedCheckpoint:
    opened, small = OpenedCheckpoint(checkpoint), 0
    try:
        for file in checkpoint.part(SAVE, CURRENT) + (checkpoint.part(OLDER) if older else []):
            if file.link is not None or stored(file.version):
                continue
            try:
                source = _open(file, directory, user, copies, small, calls)
            except OSError as error:
                if file.part == SAVE:
                    gone = isinstance(error, (FileNotFoundError, Changed))
                    raise GuardError("CheckpointChanged" if gone else "CheckpointUnreadable", "%s of the checkpoint cannot be "
                                     "read: %s" % (file.path, error.strerror or error), STORAGE, file.path)
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


class Changed(OSError):
    def __init__(self) -> None:
        super().__init__("it has changed")


def _open(file: SetFile, directory: str, user: Optional[User], copies: Dict[str, str], small: int, calls: Calls) -> Source:
    copy = copies.get(file.version)
    # A copy is the guard's own.
    path = copy or os.path.join(directory, file.path)
    descriptor = open_readable(path, None if copy else user, calls)
    try:
        stat = calls.call(path, os.fstat, descriptor)
        version = version_of(stat)
        if file.running:
            file = file._replace(version=version, size=stat.st_size)
        elif not copy and version != file.version:
            raise Changed()
        if stat.st_size <= SMALL_BYTES and small < MOST_SMALL_BYTES:
            data = calls.read(path, descriptor, stat.st_size, 0)
            after = calls.call(path, os.fstat, descriptor)
            if not file.running and (len(data), after.st_mtime_ns) != (stat.st_size, stat.st_mtime_ns):
                raise Changed()
            os.close(descriptor)
            return Source(file, path, data, None)
        return Source(file, path, None, descriptor, stat, not file.running)
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
    return past_stuck(lambda calls: _prove_all(opened, kinds, weights, cut, enough_time, calls))


def _prove_all(opened: OpenedCheckpoint, kinds: Callable[[str], Optional[str]], weights: Callable[[str], bool],
               cut: Set[str], enough_time: Callable[[], bool], calls: Calls) -> Dict[str, str]:
    wrong: Dict[str, str] = {}
    proven: List[Validation] = []
    notes: List[str] = []
    for path, source in list(opened.sources.items()):
        if source.file.part != SAVE:
            continue
        try:
            found = prove(_reader(source, calls), source.size(), kinds(path), enough_time)
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


def _reader(source: Source, calls: Calls) -> Reader:
    def read(length: int, offset: int) -> bytes:
        if source.data is not None:
            return source.data[offset:offset + length]
        assert source.descriptor is not None
        return calls.read(source.path, source.descriptor, length, offset)
    return read
