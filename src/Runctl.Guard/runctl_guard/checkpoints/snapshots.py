"""Copies of versions that a later save cannot spoil: where they lie, how they are made and put back."""
import fcntl
import hashlib
import os
import shutil
import time
from typing import Callable, Dict, List, Optional

from ..runs import spec
from ..runs.run import Run
from ..system import files
from ..system.guard_log import best_effort, log_exception
from ..system.user_rights import open_readable, rights_of
from ..system.users import User
from .looks import version_of
from .sets import SetFile

FICLONE = 0x40049409


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
        shutil.rmtree(self._folder, ignore_errors=True)
        self._known = {}

    def copy(self, wanted: List[SetFile], directory: str, user: Optional[User], plain: bool,
             given_up: Callable[[], bool]) -> bool:
        """By reflink where the file system has it, else byte by byte if `plain` says so; False if one was left undone."""
        os.makedirs(self._folder, 0o700, exist_ok=True)
        made: Dict[str, str] = {}
        try:
            for file in wanted:
                if self.has(file.version) or file.version in made:
                    continue
                target = os.path.join(self._folder, hashlib.sha1(file.version.encode()).hexdigest())
                if not _copy(os.path.join(directory, file.path), target, file.version, user, plain, given_up):
                    os.unlink(target)
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
        user, directory = spec.run_user(self._run), self._run.state["checkpoint_dir"]
        for file in wanted:
            copy = self.paths().get(file.version)
            if copy is None or file.link is not None:
                continue
            place = os.path.join(directory, file.path)
            waiting = "%s.runctl-%d.tmp" % (place, time.monotonic_ns())
            with open(copy, "rb") as source, rights_of(user):
                os.makedirs(os.path.dirname(place), exist_ok=True)
                target = os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
                with os.fdopen(target, "wb") as out:
                    shutil.copyfileobj(source, out, 1 << 20)
                if os.path.lexists(place):
                    os.rename(place, "%s.replaced-%d.tmp" % (place, int(time.time())))
                os.rename(waiting, place)


def _copy(path: str, target: str, version: str, user: Optional[User], plain: bool, given_up: Callable[[], bool]) -> bool:
    with os.fdopen(open_readable(path, user), "rb") as source, open(target, "wb") as out:
        if not _clone(out.fileno(), source.fileno()):
            if not plain:
                return False
            while True:
                # A copy of one that is overwritten meanwhile is of no use, and in the way of the save.
                if given_up() or version != version_of(os.fstat(source.fileno())):
                    return False
                block = source.read(1 << 20)
                if not block:
                    break
                out.write(block)
        stat = os.fstat(source.fileno())
        return version == version_of(stat)


def _clone(target: int, source: int) -> bool:
    try:
        fcntl.ioctl(target, FICLONE, source)
        return True
    except OSError:
        return False
