"""A little disk space kept for the worst moment: when a save has filled the disk, what happens must still be written down."""
import errno
import os
from typing import Any, Callable

from . import paths

BYTES = 1 << 20
ROOM = 16 << 20


def _file() -> str:
    return os.path.join(paths.home(), "reserve")


def hold() -> None:
    """Sets the space aside, where there is plenty of it."""
    if os.path.exists(_file()):
        return
    try:
        room = os.statvfs(paths.home())
        if room.f_bavail * room.f_frsize < ROOM:
            return
        with open(_file(), "wb") as file:
            os.posix_fallocate(file.fileno(), 0, BYTES)
    except OSError:
        return


def writing(act: Callable[[], Any]) -> Any:
    """Does it; on a full disk once more, with the space that was set aside."""
    try:
        return act()
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        try:
            os.unlink(_file())
        except OSError:
            raise error
    return act()
