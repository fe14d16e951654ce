"""Looks at the checkpoint directory. Unchanged directories are not listed again, and what is old is looked at in turns."""
import os
import stat
import time
from typing import Dict, Iterator, List, NamedTuple, Optional, Set, Tuple

from ..system.user_rights import open_readable
from ..system.users import User
from .kinds import HEAD_BYTES, TAIL_BYTES, WEIGHT_KINDS, kind_of
from .looks import Entry

# A file that did not change for so many looks is looked at in turns, so many of them each time.
COLD_LOOKS = 60
TURN = 2000
# Behind a link that leads out of the directory no more than this is looked at.
MOST_BEHIND_LINKS = 10000
# A directory that changed so short before it was listed may have changed again in the same tick of its clock.
TICK_NS = 50 * 10 ** 6
# What a file ended with, to see whether it was only added to.
END_BYTES = 64


class _Folder(NamedTuple):
    identity: Tuple[int, int]
    mtime_ns: int
    listed_ns: int
    names: Dict[str, int]


class Scan(NamedTuple):
    changed: Dict[str, Entry]
    gone: Set[str]
    seconds: float


class Scanner:
    """`began` is the wall-clock time of the attempt: behind links only what was written since then counts."""

    def __init__(self, directory: str, user: Optional[User] = None, began: float = 0.0) -> None:
        self.directory, self._user, self._began = directory, user, began
        self.entries: Dict[str, Entry] = {}
        # What is left out, with the reason: told once, with the first save.
        self.left_out: Dict[str, str] = {}
        self._folders: Dict[str, _Folder] = {}
        self._changed_at: Dict[str, int] = {}
        self._ends: Dict[str, Tuple[int, bytes]] = {}
        self._looks = 0
        self._turn: List[str] = []

    def scan(self, whole: bool = False) -> Scan:
        """What has changed since the look before; with `whole` every file is looked at."""
        began = time.thread_time()
        self._looks += 1
        due = None if whole or len(self.entries) <= TURN else self._due()
        found: Dict[str, Entry] = {}
        changed: Dict[str, Entry] = {}
        self._root = os.path.realpath(self.directory)
        for path, entry in self._walk("", self._root, set(), [MOST_BEHIND_LINKS], due):
            found[path] = entry
            if self.entries.get(path) is not entry:
                changed[path] = entry
                self._changed_at[path] = self._looks
        gone = set(self.entries) - set(found)
        for path in gone:
            self._changed_at.pop(path, None)
            self._ends.pop(path, None)
        self.entries = found
        return Scan(changed, gone, time.thread_time() - began)

    def _due(self) -> Set[str]:
        if not self._turn:
            self._turn = list(self.entries)
        due, self._turn = set(self._turn[-TURN:]), self._turn[:-TURN]
        return due

    def _walk(self, relative: str, place: str, above: Set[Tuple[int, int]], budget: List[int],
              due: Optional[Set[str]], foreign: bool = False) -> Iterator[Tuple[str, Entry]]:
        try:
            here = os.stat(place)
            folder = self._listed(relative, place, here)
        except OSError as error:
            self._leave_out(relative, error.strerror or str(error))
            return
        if folder.identity in above:
            self._leave_out(relative, "the link leads to a directory it lies in")
            return
        above = above | {folder.identity}
        if relative:
            known, entry = self.entries.get(relative), Entry("dir", here.st_dev, here.st_ino)
            yield relative, known if known == entry else entry
        for name, inode in folder.names.items():
            path = "%s/%s" % (relative, name) if relative else name
            if not _can_be_told(name):
                self._leave_out(path.encode("utf-8", "replace").decode(), "its name is no text")
                continue
            if foreign:
                budget[0] -= 1
                if budget[0] < 0:
                    self._leave_out(relative, "the link leads to a directory with too many files")
                    return
            known = self.entries.get(path)
            if known is not None and due is not None and known.type == "file" and known.ino == inode and path not in due \
                    and self._looks - self._changed_at.get(path, 0) > COLD_LOOKS:
                yield path, known
                continue
            yield from self._entry(path, os.path.join(place, name), known, above, budget, due, foreign)

    def _listed(self, relative: str, place: str, here: os.stat_result) -> _Folder:
        known = self._folders.get(relative)
        identity = here.st_dev, here.st_ino
        if known and known.identity == identity and known.mtime_ns == here.st_mtime_ns \
                and known.listed_ns - known.mtime_ns > TICK_NS:
            return known
        now = time.time_ns()
        with os.scandir(place) as entries:
            folder = _Folder(identity, here.st_mtime_ns, now, {entry.name: entry.inode() for entry in entries})
        self._folders[relative] = folder
        return folder

    def _entry(self, path: str, place: str, known: Optional[Entry], above: Set[Tuple[int, int]], budget: List[int],
               due: Optional[Set[str]], foreign: bool) -> Iterator[Tuple[str, Entry]]:
        try:
            found = os.lstat(place)
        except FileNotFoundError:
            return
        except OSError as error:
            self._leave_out(path, error.strerror or str(error))
            return
        if stat.S_ISLNK(found.st_mode):
            yield from self._link(path, place, known, above, budget, due)
        elif stat.S_ISDIR(found.st_mode):
            yield from self._walk(path, place, above, budget, due, foreign)
        elif stat.S_ISREG(found.st_mode):
            if not foreign or self._is_new(found):
                yield path, self._file(path, place, found, known)
        else:
            self._leave_out(path, "it is no file")

    def _link(self, path: str, place: str, known: Optional[Entry], above: Set[Tuple[int, int]], budget: List[int],
              due: Optional[Set[str]]) -> Iterator[Tuple[str, Entry]]:
        real = os.path.realpath(place)
        if real.startswith(self._root + os.sep) and os.path.lexists(real):
            entry = Entry("link", target=real[len(self._root) + 1:])
            yield path, known if known == entry else entry
            return
        try:
            found = os.stat(place)
        except OSError:
            self._leave_out(path, "the link leads to nothing")
            entry = Entry("dangling", target=real)
            yield path, known if known == entry else entry
            return
        if stat.S_ISDIR(found.st_mode):
            yield from self._walk(path, real, above, budget, due, True)
        elif stat.S_ISREG(found.st_mode) and self._is_new(found):
            yield path, self._file(path, real, found, known)
        else:
            self._leave_out(path, "the link leads to what this attempt did not write")

    def _is_new(self, found: os.stat_result) -> bool:
        """By the time of the inode, which a copy does not take over."""
        return found.st_ctime >= self._began

    def _file(self, path: str, place: str, found: os.stat_result, known: Optional[Entry]) -> Entry:
        if known is not None and known.type == "file" and (known.dev, known.ino, known.size, known.mtime_ns) == (
                found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns) and known.kind is not None:
            return known
        kind, grew = self._look_inside(path, place, found, known)
        return Entry("file", found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, None, kind, grew)

    def _look_inside(self, path: str, place: str, found: os.stat_result, known: Optional[Entry]) -> Tuple[Optional[str], bool]:
        try:
            descriptor = open_readable(place, self._user)
        except OSError as error:
            self._leave_out(path, error.strerror or str(error))
            return None, False
        try:
            size = found.st_size
            head = os.pread(descriptor, HEAD_BYTES, 0)
            kind = kind_of(path, size if head else 0, head, os.pread(descriptor, TAIL_BYTES, max(0, size - TAIL_BYTES)))
            if kind in WEIGHT_KINDS:
                return kind, False
            old = self._ends.get(path)
            grew = bool(old and known and known.ino == found.st_ino and size > old[0]
                        and os.pread(descriptor, len(old[1]), old[0] - len(old[1])) == old[1])
            self._ends[path] = size, os.pread(descriptor, END_BYTES, max(0, size - END_BYTES))
            return kind, grew
        except OSError as error:
            self._leave_out(path, error.strerror or str(error))
            return None, False
        finally:
            os.close(descriptor)

    def _leave_out(self, path: str, reason: str) -> None:
        self.left_out[path] = reason


def _can_be_told(name: str) -> bool:
    """A key in S3 and a manifest are UTF-8; Linux takes any bytes for a name."""
    try:
        name.encode("utf-8")
        return True
    except UnicodeEncodeError:
        return False
