"""What the observation of the checkpoint directory tells about processes and saves: the seam between the two.

`DirectoryLook` is the simple observer: it sees sizes and times. An observer that knows devices and inodes of descriptors
fills the same value.
"""
import os
import time
from typing import Dict, FrozenSet, NamedTuple, Optional, Set, Tuple

from ..checkpoints.discovery import log_like
from ..runs.run import Run
from .facts import Key
from .telling import Saves

MOST_ENTRIES = 2000


class Observed(NamedTuple):
    """`writers`: processes of the machine that were seen with a weight file open for writing, and `writing` those files now,
    by pid. `written`: bytes of weight files that are new since the look before. `complete`: saves that ended so far."""
    writers: FrozenSet[Key] = frozenset()
    writing: Dict[int, Tuple[str, ...]] = {}
    written: int = 0
    saves: Saves = Saves()
    complete: int = 0


class DirectoryLook:
    """Two levels of the checkpoint directory, by size and time of what is no log."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._versions: Dict[str, Tuple[int, int, int]] = {}
        self._first = True
        self._began: Optional[float] = None
        self._last_began: Optional[float] = None
        self._interval: Optional[float] = None
        self._longest = 0.0
        self._complete = 0
        self._in_place = False
        self._named: Set[str] = set()

    def __call__(self) -> Observed:
        now, written = time.monotonic(), self._changes()
        if self._began is not None and not written:
            self._longest = max(self._longest, now - self._began)
            self._began, self._complete = None, self._complete + 1
        saves = Saves(self._interval, self._longest, 0.0 if self._last_began is None else now - self._last_began,
                      self._began is not None, self._complete > 0 and not self._in_place)
        return Observed(written=written, saves=saves, complete=self._complete)

    def _changes(self) -> int:
        now, versions, written, again = time.monotonic(), self._scan(), 0, False
        for path, version in versions.items():
            before = self._versions.get(path)
            if before == version or self._first:
                continue
            written += version[2]
            # A file that grows is the same save; one that is as long as before, or shorter, was begun anew.
            anew = before is not None and (before[0] != version[0] or version[2] <= before[2])
            again = again or anew and path in self._named
            if before and before[0] == version[0] and (anew or self._began is None):
                self._in_place = True
        if written:
            if self._began is not None and again:
                # The same name a second time: another save.
                self._longest, self._complete, self._began = max(self._longest, now - self._began), self._complete + 1, None
            if self._began is None:
                if self._last_began is not None:
                    self._interval = now - self._last_began
                self._began = self._last_began = now
                self._named = set()
            self._named |= {path for path, version in versions.items() if self._versions.get(path) != version}
        self._versions, self._first = versions, False
        return written

    def _scan(self) -> Dict[str, Tuple[int, int, int]]:
        found: Dict[str, Tuple[int, int, int]] = {}
        waiting = [(self._run.state["checkpoint_dir"], 0)]
        while waiting and len(found) < MOST_ENTRIES:
            path, depth = waiting.pop()
            try:
                for entry in os.scandir(path):
                    if len(found) >= MOST_ENTRIES:
                        break
                    if entry.is_dir(follow_symlinks=False):
                        if depth < 1:
                            waiting.append((entry.path, depth + 1))
                    elif not log_like(entry.name):
                        stat = entry.stat(follow_symlinks=False)
                        found[entry.path] = stat.st_ino, stat.st_mtime_ns, stat.st_size
            except OSError:
                continue
        return found

