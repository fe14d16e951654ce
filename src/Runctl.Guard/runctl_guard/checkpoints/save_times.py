"""How long a save takes: from the first look that finds its file or directory, under a temporary name too, to its end."""
import os
import time
from typing import Dict, Optional, Tuple

from .discovery import Candidate

# What is shorter than this is lost between two looks, and matters to nobody.
LEAST_SECONDS = 1.0


class SaveTimes:
    def __init__(self) -> None:
        # A renamed file keeps its inode: that is what is followed.
        self._versions: Dict[int, Tuple[float, int]] = {}
        self._began: Dict[int, float] = {}

    def look(self, directory: str) -> None:
        """Notes what is new or has changed since the look before."""
        now, versions = time.time(), {}
        try:
            entries = list(os.scandir(directory))
        except OSError:
            return
        for entry in entries:
            try:
                inode, version = entry.inode(), _version(entry)
            except OSError:
                continue
            versions[inode] = version
            if self._versions.get(inode) != version:
                self._began.setdefault(inode, now)
        self._versions = versions
        self._began = {inode: began for inode, began in self._began.items() if inode in versions}

    def taken(self, candidate: Candidate) -> Optional[float]:
        """Seconds the save of this settled checkpoint took, as far as it was seen; asked once per save."""
        try:
            began = self._began.pop(os.stat(candidate.path).st_ino, None)
        except OSError:
            return None
        seconds = candidate.saved - began if began is not None else 0.0
        return seconds if seconds > LEAST_SECONDS else None


def _version(entry: "os.DirEntry[str]") -> Tuple[float, int]:
    """Time and size; of a directory the newest time and the sum of what is in it."""
    stat = entry.stat()
    newest, size = stat.st_mtime, stat.st_size
    if entry.is_dir():
        for folder, _, names in os.walk(entry.path):
            for name in names:
                stat = os.stat(os.path.join(folder, name))
                newest, size = max(newest, stat.st_mtime), size + stat.st_size
    return newest, size
