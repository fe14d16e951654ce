"""The guard's own files, which only root reads. They survive a crash at any moment: whole or not at all."""
import contextlib
import errno
import fcntl
import json
import os
import re
import shutil
from typing import IO, Any, Iterator, List, Optional

from . import paths
from .disk_reserve import writing

FILE, FOLDER = 0o600, 0o700


def sync_directory(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomic(path: str, data: bytes, mode: int = FILE) -> None:
    writing(lambda: write_unreserved(path, data, mode))


def write_unreserved(path: str, data: bytes, mode: int = FILE) -> None:
    """The same without the disk's last reserve: all that what can be done without may take."""
    # The name carries the thread as well: two writers must not share a temporary file.
    temporary = "%s.%d.%d.tmp" % (path, os.getpid(), id(data))
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    sync_directory(os.path.dirname(path))


def remove_abandoned(folder: str) -> None:
    """What processes that were killed while they wrote have left of `write_unreserved` in that folder."""
    for entry in os.scandir(folder):
        found = re.match(r".+\.(\d+)\.\d+\.tmp\Z", entry.name)
        if found and not os.path.exists("/proc/%s" % found.group(1)):
            with contextlib.suppress(OSError):
                os.unlink(entry.path)


def to_line(value: Any) -> bytes:
    return (json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n").encode("utf-8", "replace")


def write_json(path: str, value: Any, mode: int = FILE) -> None:
    write_atomic(path, to_line(value), mode)


def read_json(path: str) -> Any:
    """The value, or None where there is no such file or it is not JSON."""
    try:
        with open(path, "rb") as file:
            return json.loads(file.read().decode("utf-8"))
    except (OSError, ValueError):
        return None


def append_line(path: str, value: Any) -> None:
    """Adds one JSON line and syncs it. A torn line left by a crash is closed first, so it spoils only itself."""
    writing(lambda: _append_line(path, value))


def _append_line(path: str, value: Any) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, FILE)
    try:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        data = (b"\n" if torn else b"") + to_line(value)
        if os.write(descriptor, data) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_lines(path: str) -> List[Any]:
    """All JSON lines that are whole."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return []
    return parse_lines(data)


def parse_lines(data: bytes) -> List[Any]:
    """The values of those lines that are JSON."""
    values = []
    for line in data.split(b"\n"):
        try:
            values.append(json.loads(line.decode("utf-8")))
        except ValueError:
            continue
    return values


@contextlib.contextmanager
def locked(path: str, wait: bool = True) -> Iterator[bool]:
    """An exclusive lock on a file for the time of the block; yields False when `wait` is off and another has it."""
    held = take_lock(path, wait)
    try:
        yield held is not None
    finally:
        if held is not None:
            os.close(held)


@contextlib.contextmanager
def locked_at_best(path: str) -> Iterator[None]:
    """The lock, unless the disk has no room for its file: then no other process can make it either."""
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(locked(path))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
        yield


def take_lock(path: str, wait: bool) -> Optional[int]:
    """The descriptor that holds the lock until it is closed; None when another has it."""
    descriptor = writing(lambda: os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE))
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def version(stat: os.stat_result) -> str:
    """The identity of a file as it is at this moment."""
    return "%d-%d-%d" % (stat.st_ino, stat.st_size, stat.st_mtime_ns)


def line_length(value: Any) -> int:
    return len(to_line(value))


# Folders, and files without a format of their own

def make_folder(path: str) -> None:
    """With those above it that are missing. The guard's own are root's alone."""
    if os.path.isdir(path):
        return
    make_folder(os.path.dirname(path))
    own = path == paths.home() or path.startswith(paths.home() + "/")
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, FOLDER if own else 0o755)


def make_private(path: str) -> None:
    """As an older version left it, others reach a folder of the guard's."""
    if os.path.isdir(path) and os.stat(path).st_mode & 0o077:
        os.chmod(path, FOLDER)


def names(path: str) -> List[str]:
    """What is in a folder; nothing if there is none."""
    try:
        return os.listdir(path)
    except OSError:
        return []


def opened(path: str, mode: str = "rb") -> IO[bytes]:
    """An own file to read, write or append bytes."""
    return open(path, mode, opener=lambda name, flags: os.open(name, flags, FILE))


def append_to(path: str) -> int:
    """A descriptor that appends, as the output of a process."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, FILE)


def read(path: str) -> bytes:
    """The whole of a file; nothing if there is none."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


def size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0


def rename(path: str, to: str) -> None:
    """Unless there is no such file."""
    with contextlib.suppress(FileNotFoundError):
        os.replace(path, to)


def remove(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def remove_folder(path: str) -> None:
    shutil.rmtree(path, ignore_errors=True)


def free(path: str) -> int:
    """Bytes that the file system has free."""
    room = os.statvfs(path)
    return room.f_bavail * room.f_frsize


def new_file_for(path: str, uid: Optional[int], gid: int) -> None:
    """An empty file in a folder of root's that another user may write to, and that only root replaces."""
    remove(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
    try:
        if uid is not None:
            os.fchown(descriptor, uid, gid)
    finally:
        os.close(descriptor)
