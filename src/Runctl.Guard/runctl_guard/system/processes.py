"""Processes as /proc shows them. A process is known by boot, pid and start time, never by its pid alone."""
import os
import re
import signal
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Set

from .clock import boot_id

SHELLS = {"sh", "bash", "dash", "zsh", "ksh", "busybox"}
# Behind a pipe of a training script; a SIGTERM to them would break the pipe under the training.
FILTERS = {"tee", "cat", "ts", "logger", "grep", "sed", "awk", "gawk", "mawk"}


class Process(NamedTuple):
    pid: int
    parent: int
    start: int
    state: str
    name: str

    def identity(self) -> Dict[str, Any]:
        return {"pid": self.pid, "start_time": self.start, "boot_id": boot_id()}


def read(pid: int) -> Optional[Process]:
    try:
        with open("/proc/%d/stat" % pid, "rb") as file:
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return None
    # The name stands in parentheses and may hold anything, parentheses too.
    name, _, rest = text.partition("(")[2].rpartition(")")
    fields = rest.split()
    return Process(pid, int(fields[1]), int(fields[19]), fields[0], name)


def alive(process: Optional[Process]) -> bool:
    return process is not None and process.state not in ("Z", "X", "x")


def find(identity: Optional[Dict[str, Any]]) -> Optional[Process]:
    """The living process of that identity; None when it is gone, a zombie, or its pid was given to another."""
    if not identity or identity.get("boot_id") != boot_id():
        return None
    process = read(identity["pid"])
    return process if alive(process) and process.start == identity["start_time"] else None


def own() -> Process:
    process = read(os.getpid())
    assert process is not None
    return process


def table() -> Dict[int, Process]:
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            process = read(int(entry))
            if alive(process):
                found[process.pid] = process
    return found


def environment_has(pid: int, markers: Iterable[bytes]) -> bool:
    try:
        with open("/proc/%d/environ" % pid, "rb") as file:
            entries = set(file.read().split(b"\0"))
    except OSError:
        return False
    return all(marker in entries for marker in markers)


def descendants(processes: Dict[int, Process], roots: Iterable[int]) -> Set[int]:
    children: Dict[int, List[int]] = {}
    for process in processes.values():
        children.setdefault(process.parent, []).append(process.pid)
    found: Set[int] = set()
    waiting = list(roots)
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in found:
                found.add(child)
                waiting.append(child)
    return found


def program_name(process: Process) -> str:
    try:
        return os.path.basename(os.readlink("/proc/%d/exe" % process.pid))
    except OSError:
        return process.name


def is_shell(process: Process) -> bool:
    return program_name(process) in SHELLS


def below_shells(members: Dict[int, Process]) -> List[Process]:
    """The first processes below the shells: who is to get a SIGTERM, for shells do not pass it on."""
    roots = [process for process in members.values() if process.parent not in members]
    chosen: List[Process] = []
    while roots:
        process = roots.pop()
        children = [child for child in members.values() if child.parent == process.pid]
        if children and is_shell(process):
            roots.extend(children)
        else:
            chosen.append(process)
    workers = [process for process in chosen if program_name(process) not in FILTERS]
    return sorted(workers or chosen)


def send(process: Process, number: int) -> bool:
    """Signals exactly this process; False when it is gone."""
    if not find(process.identity()):
        return False
    try:
        os.kill(process.pid, number)
        return True
    except OSError:
        return False


def dies_of(process: Process, number: int) -> bool:
    """Whether it neither catches nor ignores nor blocks that signal."""
    try:
        with open("/proc/%d/status" % process.pid) as file:
            masks = re.findall(r"(?m)^Sig(?:Blk|Ign|Cgt):\s*(\w+)", file.read())
    except OSError:
        return False
    return not any(int(mask, 16) >> (number - 1) & 1 for mask in masks)


def arguments(pid: int) -> List[str]:
    """Its command line, word by word; empty for the kernel's own, and for one that is gone."""
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as file:
            line = file.read().rstrip(b"\0").decode("utf-8", "replace")
    except OSError:
        return []
    return line.split("\0") if line else []


def command_line(pid: int) -> str:
    return " ".join(arguments(pid)).strip()


def signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "signal %d" % number


def open_for_writing(members: Dict[int, Process], paths: Set[str]) -> Set[str]:
    """Those of the files that one of the processes has open for writing."""
    found: Set[str] = set()
    for pid in members:
        try:
            descriptors = os.listdir("/proc/%d/fd" % pid)
        except OSError:
            continue
        for name in descriptors:
            try:
                path = os.readlink("/proc/%d/fd/%s" % (pid, name))
                if path in paths:
                    with open("/proc/%d/fdinfo/%s" % (pid, name)) as file:
                        flags = int(file.read().split("flags:")[1].split()[0], 8)
                    if flags & os.O_ACCMODE != os.O_RDONLY:
                        found.add(path)
            except (OSError, IndexError, ValueError):
                # Closed meanwhile; the process's others count all the same.
                continue
    return found
