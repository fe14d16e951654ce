"""Copies of versions that a later save cannot spoil: where they lie, how they are made and put back."""
import fcntl
import hashlib
import os
import time
from typing import Callable, Dict, List, Optional

from ..runs import spec
from ..runs.run import Run
from ..system import files
from ..system.guard_log import best_effort, log_exception
from ..system.user_files import Folder, open_folder, open_readable, write_all
from ..system.users import User
from ..system.waiting import Calls, attended
from .looks import version_of
from .sets import SetFile

FICLONE = 0x40049409
BLOCK = 1 << 20
# Bytes that are kept of the name of a file that is moved aside: what is added to it still fits.
KEPT_OF_NAME = 200


class Copies:
    """One file for each version, in a folder only the guard reads."""

    def __init__(self, run: Run) -> None:
        self._run, self._folder = run, run.file("protected")
        self._known: Optional[Dict[str, str]] = None

    def paths(self) -> Dict[str, str]:
        """The copies by version; a successor finds those of its predecessor."""
        if self._known is None:
            index = files.read_json(os.path.join(self._folder, "index.json")) or {}
            self._known = {version: path for version, path in (index.get("copies") or {}).items() if os.path.exists(path)}
        return self._known

    def has(self, version: str) -> bool:
        return version in self.paths()

    def clean(self) -> None:
        files.remove_folder(self._folder)
        self._known = {}

    def copy(self, wanted: List[SetFile], directory: str, user: Optional[User], plain: bool,
             given_up: Callable[[], bool]) -> bool:
        """By reflink where the file system has it, else byte by byte if `plain` says so; False if one was left undone."""
        files.make_folder(self._folder)
        made: Dict[str, str] = {}
        try:
            for file in wanted:
                if self.has(file.version) or file.version in made:
                    continue
                target = os.path.join(self._folder, hashlib.sha1(file.version.encode()).hexdigest())
                if not _copy(os.path.join(directory, file.path), target, file.version, user, plain, given_up):
                    files.remove(target)
                    return False
                made[file.version] = target
        except OSError:
            log_exception()
            return False
        finally:
            self.paths().update(made)
            best_effort(lambda: files.write_json(os.path.join(self._folder, "index.json"),
                                                 {"schema": 1, "copies": self.paths()}))
        return True

    def put_back(self, wanted: List[SetFile]) -> None:
        """The copies in the places of their originals; what a later save made of those is kept beside them."""
        with open_folder(self._run.state["checkpoint_dir"], spec.run_user(self._run)) as folder:
            for file in wanted:
                copy = self.paths().get(file.version)
                if copy is not None and file.link is None:
                    _put_back(folder, copy, file.path)


def _put_back(folder: Folder, copy: str, path: str) -> None:
    def make(waiting: str) -> None:
        target = folder.create(waiting)
        try:
            with files.opened(copy) as source:
                for block in iter(lambda: source.read(BLOCK), b""):
                    write_all(target, block)
        finally:
            os.close(target)
        if folder.kind(path) is not None:
            folder.rename(path, _aside_of(path))
    folder.place(path, make)


def _aside_of(path: str) -> str:
    """A name beside it that no framework takes for a checkpoint, and that is not too long for one."""
    above, slash, name = path.rpartition("/")
    return "%s%s%s.replaced-%d.tmp" % (above, slash, name.encode("utf-8")[:KEPT_OF_NAME].decode("utf-8", "ignore"), time.time())


def _copy(path: str, target: str, version: str, user: Optional[User], plain: bool, given_up: Callable[[], bool]) -> bool:
    return attended(lambda calls: _copied(path, target, version, user, plain, given_up, calls))


def _copied(path: str, target: str, version: str, user: Optional[User], plain: bool, given_up: Callable[[], bool],
            calls: Calls) -> bool:
    source = open_readable(path, user, calls)
    try:
        with files.opened(target, "wb") as out:
            if not calls.call(path, _clone, out.fileno(), source):
                if not plain:
                    return False
                at = 0
                while True:
                    # A copy of one that is overwritten meanwhile is of no use, and in the way of the save.
                    if given_up() or version != version_of(calls.call(path, os.fstat, source)):
                        return False
                    block = calls.read(path, source, BLOCK, at)
                    if not block:
                        break
                    at += len(block)
                    out.write(block)
            return version == version_of(calls.call(path, os.fstat, source))
    finally:
        os.close(source)


def _clone(target: int, source: int) -> bool:
    try:
        fcntl.ioctl(target, FICLONE, source)
        return True
    except OSError:
        return False
