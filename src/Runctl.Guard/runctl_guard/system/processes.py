"""Processes as /proc shows them. A process is known by boot, pid and start time, never by its pid alone."""
import os
import re
import signal
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Set, Tuple

from .clock import boot_id

# What a shell is; whether a shell gets a signal is decided by what it catches.
SHELLS = {"sh", "bash", "dash", "zsh", "ksh", "busybox"}
TICKS = os.sysconf("SC_CLK_TCK")
# Open in processes that compute on an accelerator. Monitors open /dev/nvidia0 as well, but not nvidia-uvm.
ACCELERATORS = re.compile(r"^/dev/(nvidia-uvm$|kfd$|neuron\d|accel\d|accel/|vfio/\d)")


class Process(NamedTuple):
    pid: int
    parent: int
    start: int
    state: str
    name: str
    session: int = 0
    # Seconds of processor time so far.
    cpu: float = 0.0
    # Where its code, stack and arguments begin: others once it executes another program.
    image: Tuple[str, ...] = ()

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
    return Process(pid, int(fields[1]), int(fields[19]), fields[0], name, int(fields[3]),
                   (int(fields[11]) + int(fields[12])) / TICKS, (fields[23], fields[25], *fields[45:46]))


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


def acts_for(pid: int, uid: int) -> bool:
    """Whether that user could signal it, or it is in a container: whoever started that, a PID namespace holds nothing else."""
    try:
        with open("/proc/%d/status" % pid) as file:
            real, _, saved, _ = next(line for line in file if line.startswith("Uid:")).split()[1:]
        return str(uid) in (real, saved) or os.readlink("/proc/%d/ns/pid" % pid) != os.readlink("/proc/self/ns/pid")
    except OSError:
        return False


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


def send(process: Process, number: int) -> bool:
    """Signals exactly this process; False when it is gone."""
    if not find(process.identity()):
        return False
    try:
        os.kill(process.pid, number)
        return True
    except OSError:
        return False


class Signals(NamedTuple):
    """Masks with bit N-1 for signal N, and the process's pid in its own namespace."""
    caught: int = 0
    ignored: int = 0
    blocked: int = 0
    inner: int = 0


def signals(pid: int) -> Signals:
    try:
        with open("/proc/%d/status" % pid) as file:
            text = file.read()
    except OSError:
        return Signals()
    masks = dict(re.findall(r"(?m)^Sig(Cgt|Ign|Blk):\s*(\w+)", text))
    inner = re.search(r"(?m)^NSpid:.*?(\d+)$", text)
    return Signals(*(int(masks.get(name, "0"), 16) for name in ("Cgt", "Ign", "Blk")), int(inner.group(1)) if inner else pid)


def age(process: Process) -> float:
    with open("/proc/uptime") as file:
        return max(0.0, float(file.read().split()[0]) - process.start / TICKS)


def descriptors(pid: int) -> Dict[str, str]:
    """The paths behind its open descriptors, by number; empty for one that is gone or belongs to another user."""
    found = {}
    try:
        for entry in os.scandir("/proc/%d/fd" % pid):
            try:
                found[entry.name] = os.readlink(entry.path)
            except OSError:
                continue  # Closed meanwhile.
    except OSError:
        pass
    return found


def is_writing(pid: int, number: str) -> bool:
    """Whether that descriptor is open for writing."""
    try:
        with open("/proc/%d/fdinfo/%s" % (pid, number)) as file:
            flags = int(file.read().split("flags:")[1].split()[0], 8)
    except (OSError, IndexError, ValueError):
        return False
    return flags & os.O_ACCMODE != os.O_RDONLY


def bytes_written(pid: int) -> int:
    """By write calls, those of children it has waited for included."""
    return _written("/proc/%d/io" % pid)


def bytes_written_by_threads(pid: int) -> int:
    """By write calls of the threads that live; none of children."""
    folder = "/proc/%d/task" % pid
    try:
        return sum(_written("%s/%s/io" % (folder, thread)) for thread in os.listdir(folder))
    except OSError:
        return 0


def _written(path: str) -> int:
    try:
        with open(path) as file:
            return int(file.read().split("wchar:")[1].split()[0])
    except (OSError, IndexError, ValueError):
        return 0


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


def open_for_writing(members: Iterable[int], paths: Set[str]) -> Set[str]:
    """Those of the files that one of the processes has open for writing."""
    return {path for pid in members for number, path in descriptors(pid).items() if path in paths and is_writing(pid, number)}

def in_cgroup(path: Any) -> Set[int]:
    """The processes of a cgroup and of those below it."""
    found: Set[int] = set()
    if path:
        for folder, _, _ in os.walk(path):
            try:
                with open(os.path.join(folder, "cgroup.procs")) as file:
                    found.update(int(line) for line in file)
            except (OSError, ValueError):
                continue
    return found
