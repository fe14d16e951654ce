"""A little disk space kept for the worst moment: when a save has filled the disk, what happens must still be written down.

It is given up piece by piece: whoever fills the disk takes what is free, too.
"""
import errno
import os
from typing import Any, Callable

from . import paths

PIECES = 16
BYTES = 64 << 10
ROOM = 16 << 20


def _folder() -> str:
    return os.path.join(paths.home(), "reserve")


def hold() -> None:
    """Sets the space aside, where there is plenty of it."""
    try:
        os.makedirs(_folder(), 0o700, exist_ok=True)
        room = os.statvfs(_folder())
        if room.f_bavail * room.f_frsize < ROOM:
            return
        for number in set(range(PIECES)) - {int(name) for name in os.listdir(_folder())}:
            piece = os.open(os.path.join(_folder(), str(number)), os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.posix_fallocate(piece, 0, BYTES)
            finally:
                os.close(piece)
    except OSError:
        return


def writing(act: Callable[[], Any]) -> Any:
    """Does it; on a full disk again and again, with one piece more of what was set aside each time."""
    while True:
        try:
            return act()
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT) or not _release():
                raise


def _release() -> bool:
    try:
        for name in os.listdir(_folder()):
            os.unlink(os.path.join(_folder(), name))
            return True
    except OSError:
        pass
    return False
