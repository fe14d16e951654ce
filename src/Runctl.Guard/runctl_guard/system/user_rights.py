"""Opens what a user may open, and nothing else: the guard is root, and a link of the user's may lead anywhere."""
import contextlib
import ctypes
import os
import platform
import threading
from typing import Iterator, Optional

from .users import User, groups_of

# Only the thread's own identity for files changes; the library's functions would change every thread's.
SETGROUPS = {"x86_64": 116, "aarch64": 159}
_library: Optional[ctypes.CDLL] = None
_lock = threading.Lock()


def _functions() -> ctypes.CDLL:
    global _library
    with _lock:
        if _library is None:
            _library = ctypes.CDLL(None, use_errno=True)
        return _library


@contextlib.contextmanager
def rights_of(user: Optional[User]) -> Iterator[None]:
    """In this block this thread finds, opens and makes files as the user would."""
    if user is None or not user.switch:
        yield
        return
    library = _functions()
    before = os.getgroups()
    _set_groups(library, groups_of(user))
    library.setfsgid(user.gid)
    library.setfsuid(user.uid)
    try:
        yield
    finally:
        library.setfsuid(os.geteuid())
        library.setfsgid(os.getegid())
        _set_groups(library, before)


def _set_groups(library: ctypes.CDLL, groups: "list[int]") -> None:
    number = SETGROUPS.get(platform.machine())
    if number is None:
        raise OSError("The groups of one thread cannot be set on %s." % platform.machine())
    array = (ctypes.c_uint32 * len(groups))(*groups)
    if library.syscall(number, len(groups), array) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def open_readable(path: str, user: Optional[User]) -> int:
    """A descriptor to read from; OSError for what is no file, or what the user may not read. Never waits for a writer."""
    with rights_of(user):
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    if not is_regular(descriptor):
        os.close(descriptor)
        raise OSError("%s is no file" % path)
    return descriptor


def is_regular(descriptor: int) -> bool:
    return os.fstat(descriptor).st_mode & 0o170000 == 0o100000
