"""Looks at the checkpoint directory. Unchanged directories are not listed again, and what is old is looked at in turns."""
import contextlib
import errno
import os
import stat
import time
from typing import Dict, Iterator, List, NamedTuple, Optional, Set, Tuple

from ..system.paths import MOST_PARTS, is_too_long
from ..system.user_files import inodes_in, open_readable, rights_of
from ..system.users import User
from ..system.waiting import Calls, Stuck, past_stuck
from .kinds import HEAD_BYTES, TAIL_BYTES, WEIGHT_KINDS, kind_of
from .looks import Entry, version_of
from .names import as_text, is_text

# A file that did not change for so many looks is looked at in turns, so many of them each time.
COLD_LOOKS = 60
TURN = 2000
# Behind a link that leads out of the directory no more than this is looked at.
MOST_BEHIND_LINKS = 10000
# A directory that changed so short before it was listed may have changed again in the same tick of its clock.
TICK_NS = 50 * 10 ** 6
# What a file ended with, to see whether it was only added to.
END_BYTES = 64
# Reasons to leave something out.
NO_FILE = "it is no file"
FORBIDDEN = os.strerror(errno.EACCES)
TOO_DEEP = "it is nested too deep"
TOO_LONG = "its path is too long"
NO_PLAIN_NAME = "its name is no plain text"
OLD_BEHIND_LINK = "the link leads to what this attempt did not write"


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
        self.directory, self.user, self.began = directory, user, began
        self.entries: Dict[str, Entry] = {}
        # Where the directory was at the last look, without links.
        self.real = directory
        # What is left out now, with the reason.
        self.left_out: Dict[str, str] = {}
        self.folders: Dict[str, _Folder] = {}
        self.ends: Dict[str, Tuple[int, bytes]] = {}
        self._changed_at: Dict[str, int] = {}
        self._looks = 0
        self._turn: List[str] = []

    def scan(self, whole: bool = False) -> Scan:
        """What has changed since the look before; with `whole` every file is looked at. A path that does not answer stays as
        it was."""
        self._looks += 1
        due = None if whole or len(self.entries) <= TURN else self._due()
        try:
            walk = past_stuck(lambda calls: _Walk(self, calls, due).made())
        except Stuck as error:
            self.left_out = {".": str(error.strerror)}
            return Scan({}, set(), 0.0)
        changed = {path: entry for path, entry in walk.found.items() if self.entries.get(path) is not entry}
        gone = set(self.entries) - set(walk.found)
        self._changed_at.update(dict.fromkeys(changed, self._looks))
        for path in gone:
            self._changed_at.pop(path, None)
            self.ends.pop(path, None)
        self.entries, self.left_out, self.real = walk.found, walk.left_out, walk.root
        return Scan(changed, gone, walk.seconds)

    def changed_since(self, entries: Dict[str, Entry]) -> Set[str]:
        """Those that are another version by now. A path that is gone or does not answer is not among them."""
        def ask(calls: Calls) -> Set[str]:
            found = set()
            with rights_of(self.user):
                for path, entry in entries.items():
                    place = os.path.join(self.directory, path)
                    with contextlib.suppress(OSError):
                        if version_of(calls.call(place, os.lstat, place)) != entry.version():
                            found.add(path)
            return found
        try:
            return past_stuck(ask) if entries else set()
        except Stuck:
            return set()

    def is_cold(self, path: str) -> bool:
        return self._looks - self._changed_at.get(path, 0) > COLD_LOOKS

    def _due(self) -> Set[str]:
        if not self._turn:
            self._turn = list(self.entries)
        due, self._turn = set(self._turn[-TURN:]), self._turn[:-TURN]
        return due


class _Walk:
    """One way through the directory, with the rights of the user, in a thread of its own that may be left behind."""

    def __init__(self, scanner: Scanner, calls: Calls, due: Optional[Set[str]]) -> None:
        self._scanner, self._calls, self._due = scanner, calls, due
        self._known = scanner.entries
        self._behind_links = MOST_BEHIND_LINKS
        self.found: Dict[str, Entry] = {}
        self.left_out: Dict[str, str] = {}
        self.root = scanner.real
        self.seconds = 0.0

    def made(self) -> "_Walk":
        began = time.thread_time()
        with rights_of(self._scanner.user):
            self.root = self._scanner.directory
            with contextlib.suppress(RecursionError):
                self.root = self._calls.call(self.root, os.path.realpath, self.root)
            self.found.update(self._walk("", self.root, set()))
        self.seconds = time.thread_time() - began
        return self

    def _walk(self, relative: str, place: str, above: Set[Tuple[int, int]], foreign: bool = False) -> Iterator[Tuple[str, Entry]]:
        # Each directory is some calls deeper, and so is each link that leads to one.
        if relative.count("/") >= MOST_PARTS - 1:
            self._leave_out(relative, TOO_DEEP)
            return
        try:
            here = self._calls.call(place, os.stat, place)
            folder = self._listed(relative, place, here)
        except OSError as error:
            if isinstance(error, Stuck):
                yield from self._as_before(relative)
            if relative or not isinstance(error, FileNotFoundError):
                self._leave_out(relative or ".", error.strerror or str(error))
            return
        if folder.identity in above:
            self._leave_out(relative, "the link leads to a directory it lies in")
            return
        above = above | {folder.identity}
        if relative:
            known, entry = self._known.get(relative), Entry("dir", here.st_dev, here.st_ino)
            yield relative, known if known == entry else entry
        for name, inode in folder.names.items():
            path = "%s/%s" % (relative, name) if relative else name
            if not is_text(name):
                self._leave_out(as_text(path), NO_PLAIN_NAME)
                continue
            if is_too_long(path):
                self._leave_out(path, TOO_LONG)
                continue
            if foreign:
                self._behind_links -= 1
                if self._behind_links < 0:
                    self._leave_out(relative, "the link leads to a directory with too many files")
                    return
            known = self._known.get(path)
            if known is not None and self._due is not None and known.type == "file" and known.ino == inode \
                    and path not in self._due and self._scanner.is_cold(path):
                if path in self._scanner.left_out:
                    self._leave_out(path, self._scanner.left_out[path])
                yield path, known
                continue
            yield from self._entry(path, os.path.join(place, name), known, above, foreign, folder.identity[0])

    def _listed(self, relative: str, place: str, here: os.stat_result) -> _Folder:
        known = self._scanner.folders.get(relative)
        identity = here.st_dev, here.st_ino
        if known and known.identity == identity and known.mtime_ns == here.st_mtime_ns \
                and known.listed_ns - known.mtime_ns > TICK_NS:
            return known
        now = time.time_ns()
        folder = _Folder(identity, here.st_mtime_ns, now, self._calls.call(place, inodes_in, place, device=here.st_dev))
        self._scanner.folders[relative] = folder
        return folder

    def _entry(self, path: str, place: str, known: Optional[Entry], above: Set[Tuple[int, int]], foreign: bool,
               device: int) -> Iterator[Tuple[str, Entry]]:
        try:
            found = self._calls.call(place, os.lstat, place, device=device)
        except FileNotFoundError:
            return
        except OSError as error:
            if isinstance(error, Stuck) and known is not None:
                yield path, known
            self._leave_out(path, error.strerror or str(error))
            return
        if stat.S_ISLNK(found.st_mode):
            yield from self._link(path, place, known, above)
        elif stat.S_ISDIR(found.st_mode):
            yield from self._walk(path, place, above, foreign)
        elif stat.S_ISREG(found.st_mode):
            if not foreign or self._is_new(found):
                yield path, self._file(path, place, found, known)
        else:
            self._leave_out(path, NO_FILE)

    def _link(self, path: str, place: str, known: Optional[Entry], above: Set[Tuple[int, int]]) -> Iterator[Tuple[str, Entry]]:
        real = place
        try:
            try:
                self._calls.call(place, os.stat, place)
            except OSError as error:
                # Only the system counts the links of a chain; the library goes one call deeper with each.
                if error.errno == errno.ELOOP:
                    raise
            real = self._calls.call(place, os.path.realpath, place)
            if real.startswith(self.root + os.sep) and self._calls.call(place, _is_there, real):
                entry = Entry("link", target=real[len(self.root) + 1:])
                if not is_text(entry.target or ""):
                    # What it leads to is left out too, and no manifest may say its name.
                    self._leave_out(path, "the link leads to what is left out: " + NO_PLAIN_NAME)
                    return
                yield path, known if known == entry else entry
                return
            found = self._calls.call(place, os.stat, place)
        except (OSError, RecursionError) as error:
            reason = TOO_DEEP if isinstance(error, RecursionError) else error.strerror or str(error)
            self._leave_out(path, "the link leads to nothing" if isinstance(error, FileNotFoundError) else reason)
            entry = Entry("dangling", target=real)
            yield path, known if known == entry else entry
            return
        if stat.S_ISDIR(found.st_mode):
            yield from self._walk(path, real, above, True)
        elif not stat.S_ISREG(found.st_mode):
            self._leave_out(path, NO_FILE)
        elif self._is_new(found):
            entry = self._file(path, real, found, known)
            # The training did not write what its user may not read.
            yield path, Entry("dangling", target=real) if self.left_out.get(path) == FORBIDDEN else entry
        else:
            self._leave_out(path, OLD_BEHIND_LINK)

    def _is_new(self, found: os.stat_result) -> bool:
        """By the time of the inode, which a copy does not take over."""
        return found.st_ctime >= self._scanner.began

    def _file(self, path: str, place: str, found: os.stat_result, known: Optional[Entry]) -> Entry:
        if known is not None and known.type == "file" and (known.dev, known.ino, known.size, known.mtime_ns) == (
                found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns) and known.kind is not None:
            return known
        kind, grew = self._look_inside(path, place, found, known)
        return Entry("file", found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, None, kind, grew)

    def _look_inside(self, path: str, place: str, found: os.stat_result, known: Optional[Entry]) -> Tuple[Optional[str], bool]:
        try:
            descriptor = open_readable(place, self._scanner.user, self._calls)
        except OSError as error:
            self._leave_out(path, error.strerror or str(error))
            return None, False

        def read(length: int, offset: int) -> bytes:
            return self._calls.read(place, descriptor, length, offset)
        try:
            size = found.st_size
            head = read(HEAD_BYTES, 0)
            kind = kind_of(path, size if head else 0, head, read(TAIL_BYTES, max(0, size - TAIL_BYTES)))
            if kind in WEIGHT_KINDS:
                return kind, False
            old = self._scanner.ends.get(path)
            grew = bool(old and known and known.ino == found.st_ino and size > old[0]
                        and read(len(old[1]), old[0] - len(old[1])) == old[1])
            self._scanner.ends[path] = size, read(END_BYTES, max(0, size - END_BYTES))
            return kind, grew
        except OSError as error:
            self._leave_out(path, error.strerror or str(error))
            return None, False
        finally:
            os.close(descriptor)

    def _leave_out(self, path: str, reason: str) -> None:
        self.left_out[path] = reason

    def _as_before(self, relative: str) -> Iterator[Tuple[str, Entry]]:
        """What is known of a directory that does not answer, and of what is below it."""
        for path, entry in self._known.items():
            if not relative or path == relative or path.startswith(relative + "/"):
                yield path, entry


def _is_there(path: str) -> bool:
    """Links that lead to one another end at a link."""
    return os.path.lexists(path) and not os.path.islink(path)
