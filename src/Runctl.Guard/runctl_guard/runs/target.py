"""Who is interrupted: finds, signals and kills the processes of one run. A container would be another such target."""
import os
import signal
import time
from typing import Any, Dict, List, Set, Tuple

from ..system import processes
from ..system.processes import Process
from .run import Run


class ProcessTarget:
    """All processes of the training, sessions of their own and orphans included; the reaper is not one of them."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._seen: Set[Tuple[int, int]] = set()

    def main_alive(self) -> bool:
        return processes.find(self._run.training()) is not None

    def members(self) -> Dict[int, Process]:
        training = self._run.training() or {}
        everything = processes.table()
        reaper = processes.find(training.get("reaper"))
        main = processes.find(training)
        roots = [process.pid for process in (reaper, main) if process]
        found = processes.descendants(everything, roots) | {process.pid for process in (main,) if process}
        found |= _in_cgroup(training.get("cgroup"))
        # A process seen once stays a member: its parent may be gone by now.
        found |= {pid for pid, process in everything.items() if (pid, process.start) in self._seen}
        if not training.get("attached"):
            markers = [("RUNCTL_RUN_ID=%s" % self._run.id).encode(),
                       ("RUNCTL_ATTEMPT=%s" % self._run.state.get("attempt")).encode()]
            found |= {pid for pid in everything if pid not in found and processes.environment_has(pid, markers)}
            found |= processes.descendants(everything, found)
        found -= {os.getpid(), reaper.pid if reaper else 0}
        members = {pid: everything[pid] for pid in found if pid in everything}
        self._seen |= {(process.pid, process.start) for process in members.values()}
        return members

    def to_signal(self, members: Dict[int, Process]) -> List[Process]:
        return processes.below_shells(members)

    def later_to_signal(self, members: Dict[int, Process], signalled: Set[Any]) -> List[Process]:
        """When all who were signalled have gone and a script goes on: its shells, and what they started since.

        Never an orphan: it may be a process that is still saving.
        """
        if not signalled or any((process.pid, process.start) in signalled for process in members.values()):
            return []
        shells = {process.pid for process in members.values() if processes.is_shell(process)}
        return [process for process in members.values() if process.pid in shells or process.parent in shells]

    def kill(self, seconds: float = 5.0) -> List[int]:
        """SIGKILL to the whole set until it is empty; returns everybody it was sent to."""
        killed: Set[int] = set()
        end = time.monotonic() + seconds
        members = self.members()
        while members and time.monotonic() < end:
            for process in members.values():
                if processes.send(process, signal.SIGKILL):
                    killed.add(process.pid)
            time.sleep(0.02)
            members = self.members()
        return sorted(killed)


def _in_cgroup(path: Any) -> Set[int]:
    found: Set[int] = set()
    if path:
        for folder, _, _ in os.walk(path):
            try:
                with open(os.path.join(folder, "cgroup.procs")) as file:
                    found.update(int(line) for line in file)
            except (OSError, ValueError):
                continue
    return found
