"""The processes of one run as a target: finds, signals and kills them. A container would be another such target."""
import os
import signal
import time
from typing import Any, Dict, Iterable, List, Optional, Set, Tuple

from ..system import processes
from ..system.clock import boot_id
from ..system.processes import Process
from .run import Run

Key = Tuple[int, int]


class ProcessTarget:
    """All processes of the training, sessions of their own and orphans included; the reaper is not one of them."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._seen: Set[Key] = set()
        # What the environment says of a process, until it executes another program.
        self._marked: Dict[Tuple[int, int, str], bool] = {}

    def main_alive(self) -> bool:
        return processes.find(self._run.training()) is not None

    def add(self, some: Iterable[Key]) -> None:
        """Processes that belong to the run by what they do, wherever they run."""
        self._seen.update(some)

    def members(self) -> Dict[int, Process]:
        training = self._run.training() or {}
        everything = processes.table()
        reaper, main = (_living(everything, identity) for identity in (training.get("reaper"), training))
        found = processes.descendants(everything, [one.pid for one in (reaper, main) if one])
        found |= {one.pid for one in (main,) if one} | processes.in_cgroup(training.get("cgroup"))
        # A process seen once stays a member: its parent may be gone by now.
        found |= {pid for pid, start in self._seen if pid in everything and everything[pid].start == start}
        if not training.get("attached"):
            found |= self._of_environment(everything, found)
        found |= processes.descendants(everything, found)
        found -= {os.getpid(), reaper.pid if reaper else 0}
        members = {pid: everything[pid] for pid in found if pid in everything}
        self._seen |= {(process.pid, process.start) for process in members.values()}
        return members

    def _of_environment(self, everything: Dict[int, Process], found: Set[int]) -> Set[int]:
        markers = [("RUNCTL_RUN_ID=%s" % self._run.id).encode(),
                   ("RUNCTL_ATTEMPT=%s" % self._run.state.get("attempt")).encode()]
        known, self._marked = self._marked, {}
        for pid, process in everything.items():
            key = pid, process.start, process.name
            self._marked[key] = known[key] if key in known else \
                pid not in found and processes.environment_has(pid, markers)
        return {key[0] for key, marked in self._marked.items() if marked}

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


def _living(everything: Dict[int, Process], identity: Optional[Dict[str, Any]]) -> Optional[Process]:
    """The process of that identity, as the table has it."""
    found = everything.get(identity["pid"]) if identity and identity.get("boot_id") == boot_id() else None
    return found if found and identity and found.start == identity["start_time"] else None
