"""Which files are open for writing, in all processes of the machine: found by device and inode, never by path."""
import os
from typing import Dict, Iterable, Optional, Set, Tuple

Inode = Tuple[int, int]


def open_for_writing(wanted: Set[Inode], pids: Optional[Iterable[int]] = None, maps: bool = False) -> Dict[Inode, Set[int]]:
    """The processes that have one of these files open for writing, or with `maps` mapped writable and shared."""
    found: Dict[Inode, Set[int]] = {}
    own = os.getpid()
    for pid in [int(name) for name in os.listdir("/proc") if name.isdigit()] if pids is None else pids:
        if pid == own:
            continue
        for inode in _descriptors(pid, wanted):
            found.setdefault(inode, set()).add(pid)
        if maps:
            for inode in _maps(pid, wanted):
                found.setdefault(inode, set()).add(pid)
    return found


def _descriptors(pid: int, wanted: Set[Inode]) -> Set[Inode]:
    found: Set[Inode] = set()
    try:
        with os.scandir("/proc/%d/fd" % pid) as entries:
            for entry in entries:
                try:
                    stat = os.stat(entry.path)
                    if (stat.st_dev, stat.st_ino) in wanted and _writes(pid, entry.name):
                        found.add((stat.st_dev, stat.st_ino))
                except OSError:
                    continue  # Closed meanwhile; the process's others count all the same.
    except OSError:
        pass  # The process is gone.
    return found


def _writes(pid: int, number: str) -> bool:
    with open("/proc/%d/fdinfo/%s" % (pid, number)) as file:
        for line in file:
            if line.startswith("flags:"):
                return int(line.split()[1], 8) & os.O_ACCMODE != os.O_RDONLY
    return False


def _maps(pid: int, wanted: Set[Inode]) -> Set[Inode]:
    try:
        with open("/proc/%d/maps" % pid, "rb") as file:
            text = file.read()
    except OSError:
        return set()
    found: Set[Inode] = set()
    if b" rw-s " in text:
        for line in text.split(b"\n"):
            fields = line.split(None, 5)
            if len(fields) >= 5 and fields[1].startswith(b"rw-s"):
                major, minor = fields[3].split(b":")
                inode = os.makedev(int(major, 16), int(minor, 16)), int(fields[4])
                if inode in wanted:
                    found.add(inode)
    return found
