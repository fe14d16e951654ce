"""The only code that works in directories of the user. It has the user's rights there, and no others.

A path that the user or the settings name may lead through links, as far as the user may follow them. A name below an open
`Folder`, as from S3 or from a bundle, never does.
"""
import contextlib
import ctypes
import errno
import functools
import os
import platform
import stat
import threading
import time
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

from ..errors import STORAGE, GuardError
from .paths import MOST_PARTS, safe_join, under_root
from .users import User, groups_of
from .waiting import Calls

# Only the thread's own identity for files changes; the library's functions would change every thread's.
SETGROUPS = {"x86_64": 116, "aarch64": 159}
# A place in the file system: it is neither read nor waited for, and a device or FIFO does not learn of it.
PLACE = os.O_PATH | os.O_CLOEXEC
BELOW = PLACE | os.O_DIRECTORY | os.O_NOFOLLOW
READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
NOBODY = ctypes.c_uint32(-1)

_library: Optional[ctypes.CDLL] = None
_lock = threading.Lock()
_known_groups: Dict[User, Tuple[int, List[int]]] = {}


# Rights

def _functions() -> ctypes.CDLL:
    global _library
    with _lock:
        if _library is None:
            _library = ctypes.CDLL(None, use_errno=True)
        return _library


@contextlib.contextmanager
def rights_of(user: Optional[User]) -> Iterator[None]:
    """In this block this thread finds, opens and makes files as the user would. One block may lie in another."""
    if user is None or not user.switch:
        yield
        return
    library = _functions()
    # Asked for an id that does not exist, the kernel returns the one that is in force.
    uid, gid = library.setfsuid(NOBODY), library.setfsgid(NOBODY)
    if (uid, gid) == (user.uid, user.gid):
        yield
        return
    groups = os.getgroups()
    _set_groups(library, _groups(user))
    library.setfsgid(user.gid)
    library.setfsuid(user.uid)
    try:
        yield
    finally:
        library.setfsuid(uid)
        library.setfsgid(gid)
        _set_groups(library, groups)


def _groups(user: User) -> List[int]:
    """Read again only when the file has changed: many files may be made one after the other."""
    try:
        stamp = os.stat(under_root("/etc/group")).st_mtime_ns
    except OSError:
        stamp = 0
    known = _known_groups.get(user)
    if known is None or known[0] != stamp:
        known = _known_groups[user] = stamp, groups_of(user)
    return known[1]


def _set_groups(library: ctypes.CDLL, groups: "list[int]") -> None:
    number = SETGROUPS.get(platform.machine())
    if number is None:
        raise OSError("The groups of one thread cannot be set on %s." % platform.machine())
    array = (ctypes.c_uint32 * len(groups))(*groups)
    if library.syscall(number, len(groups), array) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


# Reading what the user may read

def open_readable(path: str, user: Optional[User], calls: Optional[Calls] = None, follow: bool = True) -> int:
    """A descriptor to read from, also through a link; OSError for what is no file, or what the user may not read."""
    calls = calls or Calls()
    with rights_of(user):
        return _open_regular(path, path, None, calls, 0 if follow else os.O_NOFOLLOW)


def _open_regular(shown: str, name: str, at: Optional[int], calls: Calls, more: int) -> int:
    place = calls.call(shown, os.open, name, PLACE | more, dir_fd=at)
    try:
        if not stat.S_ISREG(calls.call(shown, os.fstat, place).st_mode):
            raise OSError(errno.EINVAL, "it is no file", shown)
        return calls.call(shown, os.open, "/proc/self/fd/%d" % place, READ)
    finally:
        os.close(place)


def read_small(path: str, user: Optional[User], limit: int, offset: int = 0, follow: bool = True) -> Optional[bytes]:
    """Up to `limit` bytes from the offset on, from the end if it is negative; None if there is no file that the user may
    read."""
    try:
        descriptor = open_readable(path, user, follow=follow)
    except OSError:
        return None
    try:
        size = os.fstat(descriptor).st_size
        return os.pread(descriptor, limit, offset if offset >= 0 else max(0, size + offset))
    finally:
        os.close(descriptor)


def is_file(path: str, user: Optional[User]) -> bool:
    with rights_of(user):
        return os.path.isfile(path)


def is_folder(path: str, user: Optional[User]) -> bool:
    with rights_of(user):
        return os.path.isdir(path)


def exists(path: str, user: Optional[User]) -> bool:
    with rights_of(user):
        return os.path.exists(path)


def names_in(path: str, user: Optional[User]) -> List[str]:
    """In order; none if it is no directory that the user may list."""
    with rights_of(user):
        try:
            return sorted(os.listdir(path))
        except OSError:
            return []


def inodes_in(path: str) -> Dict[str, int]:
    """The inodes of what is in a directory, by name."""
    with os.scandir(path) as entries:
        return {entry.name: entry.inode() for entry in entries}


def write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data):]


# Folders

class Found(NamedTuple):
    """A name below a folder. `kind` is file, dir, link or other."""
    path: str
    kind: str
    modified: float


class Folder:
    """A directory of the user's, held by a descriptor. Close it, or use it in a with statement."""

    def __init__(self, path: str, user: Optional[User], descriptor: int) -> None:
        self.path, self.user, self._descriptor = path, user, descriptor

    def __enter__(self) -> "Folder":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    @contextlib.contextmanager
    def _at(self, name: str, make: bool = False) -> Iterator[Tuple[int, str]]:
        """The directory that a name lies in, and the last part of the name. `make`: with directories that are missing."""
        safe_join(self.path, name)
        *above, last = name.split("/")
        at = os.dup(self._descriptor)
        try:
            with rights_of(self.user):
                for depth, part in enumerate(above):
                    try:
                        below = _below(at, part, make)
                    except NotADirectoryError:
                        place = os.path.join(self.path, *above[:depth + 1])
                        raise GuardError("LinkInTheWay", "%s is a link or a file: nothing is read or written through it. Remove "
                                         "it, or move it aside." % place, STORAGE, place)
                    os.close(at)
                    at = below
                yield at, last
        finally:
            os.close(at)

    def kind(self, name: str) -> Optional[str]:
        """file, dir, link, other, or None if there is nothing."""
        try:
            with self._at(name) as (at, last):
                return _kind(os.stat(last, dir_fd=at, follow_symlinks=False).st_mode)
        except FileNotFoundError:
            return None

    def modified(self, name: str) -> float:
        with self._at(name) as (at, last):
            return os.stat(last, dir_fd=at, follow_symlinks=False).st_mtime

    def target(self, name: str) -> str:
        """Of a link."""
        with self._at(name) as (at, last):
            return os.readlink(last, dir_fd=at)

    def open(self, name: str) -> int:
        with self._at(name) as (at, last):
            return _open_regular(os.path.join(self.path, name), last, at, Calls(), os.O_NOFOLLOW)

    def create(self, name: str, mode: int = 0o644) -> int:
        """A new file of the user's to write to. OSError if there is anything of that name, a link included."""
        with self._at(name, make=True) as (at, last):
            return os.open(last, NEW, mode, dir_fd=at)

    def make(self, name: str, mode: int = 0o755) -> None:
        with self._at(name, make=True) as (at, last):
            os.mkdir(last, mode, dir_fd=at)

    def link(self, target: str, name: str) -> None:
        """A symbolic link."""
        with self._at(name, make=True) as (at, last):
            os.symlink(target, last, dir_fd=at)

    def rename(self, name: str, to: str, folder: Optional["Folder"] = None) -> None:
        """What was there is gone, if it was a file or a link. `folder`: where `to` is, if not here. Another disk may be mounted
        below either."""
        try:
            with self._at(name) as (source, last), (folder or self)._at(to, make=True) as (target, final):
                os.rename(last, final, src_dir_fd=source, dst_dir_fd=target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            self._copy(name, to, folder or self)
            self.remove(name)

    def _copy(self, name: str, to: str, folder: "Folder") -> None:
        """With all that is below it, and its times. What was there is replaced when the copy is whole."""
        kind = self.kind(name)
        if kind == "dir":
            with contextlib.suppress(FileExistsError):
                folder.make(to)
            for entry, _ in self._listed(name):
                self._copy("%s/%s" % (name, entry), "%s/%s" % (to, entry), folder)
        elif kind in ("file", "link"):
            folder.place(to, functools.partial(self._copy_one, name, kind, folder))
        # Any other, as a FIFO, holds nothing.

    def place(self, name: str, make: Callable[[str], None]) -> None:
        """`make` makes a file or link under the name it is given, beside its place, which it takes when it is whole."""
        # That name does not carry the file's own, which may be as long as the file system allows.
        above, slash, _ = name.rpartition("/")
        waiting = "%s%s%d.%d.runctl-new" % (above, slash, os.getpid(), threading.get_ident())
        self.remove(waiting)
        try:
            make(waiting)
            self.rename(waiting, name)
        except BaseException:
            with contextlib.suppress(OSError, GuardError):
                self.remove(waiting)
            raise

    def _copy_one(self, name: str, kind: str, folder: "Folder", to: str) -> None:
        if kind == "link":
            folder.link(self.target(name), to)
        else:
            self.copy_file(name, to, folder)

    def copy_file(self, name: str, to: str, folder: "Folder") -> None:
        """A new file of that folder's user, with the time of this one."""
        source = self.open(name)
        try:
            status = os.fstat(source)
            target = folder.create(to, status.st_mode & 0o777)
            try:
                for block in iter(lambda: os.read(source, 1 << 20), b""):
                    write_all(target, block)
                os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
            finally:
                os.close(target)
        finally:
            os.close(source)

    def remove(self, name: str) -> None:
        """Whatever it is, with all that is below it; links themselves."""
        with contextlib.suppress(FileNotFoundError), self._at(name) as (at, last):
            _remove(at, last)

    def remove_empty(self, name: str) -> bool:
        """Removes a directory if nothing is in it."""
        try:
            with self._at(name) as (at, last):
                os.rmdir(last, dir_fd=at)
            return True
        except OSError:
            return False

    def walk(self, name: str = "") -> Iterator[Found]:
        """All that is below, directories before what is in them, as far as a path may reach; links are not followed. What the
        user may not list, as `lost+found`, is not looked into, and what goes meanwhile is not there."""
        try:
            listed = self._listed(name)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            if not name:
                raise
            return
        for entry, status in listed:
            path = "%s/%s" % (name, entry) if name else entry
            yield Found(path, _kind(status.st_mode), status.st_mtime)
            if stat.S_ISDIR(status.st_mode) and path.count("/") < MOST_PARTS - 1:
                yield from self.walk(path)

    def _listed(self, name: str) -> List[Tuple[str, os.stat_result]]:
        found: List[Tuple[str, os.stat_result]] = []
        with rights_of(self.user):
            if name:
                with self._at(name) as (at, last):
                    inside = os.open(last, LIST, dir_fd=at)
            else:
                inside = os.open(".", LIST, dir_fd=self._descriptor)
            try:
                for entry in sorted(os.listdir(inside)):
                    with contextlib.suppress(FileNotFoundError):
                        found.append((entry, os.stat(entry, dir_fd=inside, follow_symlinks=False)))
            finally:
                os.close(inside)
        return found

    def free(self) -> int:
        """Bytes of the file system that the user may fill."""
        room = os.statvfs(self._descriptor)
        return room.f_bavail * room.f_frsize

    def device(self) -> int:
        return os.fstat(self._descriptor).st_dev

    def aside(self, word: str) -> "Folder":
        """A new folder for what is in the way: beside this one, or inside if that is another disk or not the user's."""
        name = "%s-%s" % (word, time.strftime("%Y%m%d%H%M%S", time.gmtime()))
        path = "%s.%s" % (self.path.rstrip("/"), name)
        try:
            with rights_of(self.user):
                os.mkdir(path, 0o755)
            beside = open_folder(path, self.user)
            if beside.device() == self.device():
                return beside
            beside.__exit__()
            with rights_of(self.user):
                os.rmdir(path)
        except FileExistsError:
            return open_folder(path, self.user)
        except OSError:
            pass  # The other place is as good.
        inside = ".runctl-%s.tmp" % name
        if self.kind(inside) is None:
            self.make(inside)
        with self._at(inside) as (at, last):
            return Folder(os.path.join(self.path, inside), self.user, os.open(last, BELOW, dir_fd=at))


def open_folder(path: str, user: Optional[User]) -> Folder:
    """The directory itself may be reached through links: its path is the word of the user or of the settings."""
    with rights_of(user):
        return Folder(path, user, os.open(path, PLACE | os.O_DIRECTORY))


def make_folder(path: str, user: User) -> Folder:
    """Opens it, made if it is missing. If the rights of the user do not reach, as beside a mount point, root makes the first
    directory that is missing for the user, but never behind a link, and the user makes the rest."""
    try:
        try:
            _make_as(path, user)
        except PermissionError:
            _make_first_for(path, user)
            _make_as(path, user)
    except (FileExistsError, NotADirectoryError):
        raise GuardError("LinkInTheWay", "%s cannot be made: a part of it is no directory." % path, STORAGE, path)
    return open_folder(path, user)


def _make_as(path: str, user: User) -> None:
    with rights_of(user):
        os.makedirs(path, 0o755, exist_ok=True)


def _make_first_for(path: str, user: User) -> None:
    at, above = os.open("/", BELOW), "/"
    try:
        for part in filter(None, os.path.normpath(path).split("/")):
            try:
                below = os.open(part, BELOW, dir_fd=at)
            except FileNotFoundError:
                _make_one_for(at, above, part, user)
                return
            os.close(at)
            at, above = below, os.path.join(above, part)
    except NotADirectoryError:
        raise GuardError("LinkInTheWay", "%s may not make %s, and a part of it is a link: make it, and give it to %s."
                         % (user.name, path, user.name), STORAGE, path)
    finally:
        os.close(at)


def _make_one_for(at: int, above: str, name: str, user: User) -> None:
    """Only where root alone can put another directory in the place of the new one, which is given away."""
    path, parent = os.path.join(above, name), os.fstat(at)
    made = not parent.st_uid and not parent.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if made:
        os.mkdir(name, 0o755, dir_fd=at)
        below = os.open(name, LIST, dir_fd=at)
        try:
            made = not os.fstat(below).st_uid and not os.listdir(below)
            if made:
                os.fchown(below, user.uid, user.gid)
        finally:
            os.close(below)
    if not made:
        raise GuardError("DirectoryRefused", "%s may not make %s, and root makes no directory where others than root can write, as in "
                         "%s. Make it, and give it to %s, or give %s write permission there."
                         % (user.name, path, above, user.name, user.name), STORAGE, path)


def _below(at: int, part: str, make: bool) -> int:
    try:
        return os.open(part, BELOW, dir_fd=at)
    except FileNotFoundError:
        if not make:
            raise
    with contextlib.suppress(FileExistsError):
        os.mkdir(part, 0o755, dir_fd=at)
    return os.open(part, BELOW, dir_fd=at)


def _kind(mode: int) -> str:
    return "link" if stat.S_ISLNK(mode) else "dir" if stat.S_ISDIR(mode) else "file" if stat.S_ISREG(mode) else "other"


def _remove(at: int, name: str) -> None:
    """However deep it is: with two descriptors, and without a call for each level. The way back up is checked, as the user
    may move directories meanwhile."""
    here, names = os.dup(at), [name]
    above: List[Tuple[str, Tuple[int, int], List[str]]] = []
    try:
        while True:
            while names:
                last = names.pop()
                if not _is_removed(here, last):
                    inside = os.open(last, LIST, dir_fd=here)
                    above.append((last, _identity(here), names))
                    os.close(here)
                    here = inside
                    names = os.listdir(here)
            if not above:
                return
            last, identity, names = above.pop()
            back = os.open("..", BELOW, dir_fd=here)
            os.close(here)
            here = back
            if _identity(here) != identity:
                raise OSError(errno.ESTALE, "it was moved while it was being removed", name)
            with contextlib.suppress(FileNotFoundError):
                os.rmdir(last, dir_fd=here)
    finally:
        os.close(here)


def _is_removed(at: int, name: str) -> bool:
    """False for a directory that is not empty."""
    try:
        os.unlink(name, dir_fd=at)
    except FileNotFoundError:
        pass
    except IsADirectoryError:
        try:
            os.rmdir(name, dir_fd=at)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            return False
    return True


def _identity(descriptor: int) -> Tuple[int, int]:
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino
