"""What the processes of trainings and their machine take now. What is not known is None; nothing here waits for anybody."""
import base64
import gzip
import json
import os
import time
from typing import Any, Dict, List, Optional

from ..aws.session import Session
from ..runs.run import ENDED, Run
from ..runs.target import ProcessTarget
from ..system import machine, processes
from ..system.clock import utc_text
from ..system.gpus import Nvidia
from ..system.waiting import attended

SAMPLE_SECONDS = 0.5
COMMAND_LENGTH = 300
# Of the 24,000 characters SSM returns.
MOST = 22000
# Of what is told of an interruption, what has no notice to count from.
BESIDE = ("RebalanceRecommended", "InterruptionStale", "InterruptionWithdrawn")
EVENTS = 20


def process_list(runs: List[Run], detailed: bool, packed: bool) -> Dict[str, Any]:
    active = [run for run in runs if run.state.get("state") not in ENDED]
    members = [(run, process) for run in active for process in sorted(ProcessTarget(run).members().values())]
    before = {process.pid: _ticks(process.pid) for _, process in members}
    began = time.monotonic()
    nvidia = Nvidia()
    answer: Dict[str, Any] = {"schema": 1, "active": len(active), "processes": []}
    if detailed:
        answer.update(_machine(runs), gpus=nvidia.gpus())
    gpu_memory = nvidia.memory_by_process()
    time.sleep(max(0.0, SAMPLE_SECONDS - (time.monotonic() - began)) if members else 0.0)
    seconds = time.monotonic() - began
    mains = {run.id: (run.training() or {}).get("pid") for run in active}
    for run, process in members:
        usage = _usage(process)
        ticks, earlier = _ticks(process.pid), before[process.pid]
        usage["cpu_percent"] = None if ticks is None or earlier is None else \
            round(100.0 * (ticks - earlier) / os.sysconf("SC_CLK_TCK") / seconds, 1)
        answer["processes"].append(dict(
            usage, run_id=run.id, pid=process.pid, parent=process.parent, state=process.state,
            main=process.pid == mains[run.id], gpu_memory=gpu_memory.get(process.pid),
            command=processes.command_line(process.pid)[:COMMAND_LENGTH] or process.name))
    return _pack(answer) if packed else answer


def _pack(answer: Dict[str, Any]) -> Dict[str, Any]:
    """Compressed; what does not fit even so is left out, and counted."""
    answer["omitted"] = 0
    while True:
        data = base64.b64encode(gzip.compress(json.dumps(answer).encode("utf-8", "replace"), 9)).decode("ascii")
        if len(data) <= MOST or not answer["processes"]:
            return {"schema": 1, "packed": data}
        kept = len(answer["processes"]) * 3 // 4
        answer["omitted"] += len(answer["processes"]) - kept
        del answer["processes"][kept:]


def _ticks(pid: int) -> Optional[int]:
    fields = _fields(pid)
    return int(fields[11]) + int(fields[12]) if fields else None


def _fields(pid: int) -> List[str]:
    try:
        with open("/proc/%d/stat" % pid) as file:
            return file.read().rpartition(")")[2].split()
    except (OSError, ValueError):
        return []


def _usage(process: processes.Process) -> Dict[str, Any]:
    """Processor time and time alive in seconds, resident memory in bytes, and the user's number."""
    ticks = os.sysconf("SC_CLK_TCK")
    try:
        fields = _fields(process.pid)
        return {"cpu_seconds": (int(fields[11]) + int(fields[12])) / ticks,
                "memory": int(fields[21]) * os.sysconf("SC_PAGE_SIZE"), "threads": int(fields[17]),
                "elapsed": round(max(0.0, machine.uptime() - process.start / ticks), 1),
                "uid": os.stat("/proc/%d" % process.pid).st_uid}
    except (OSError, ValueError, IndexError):
        return {"cpu_seconds": None, "memory": None, "threads": None, "elapsed": None, "uid": None}


def _machine(runs: List[Run]) -> Dict[str, Any]:
    events = [event for run in runs for event in run.events()
              if event["since_notice"] is not None or event["kind"] in BESIDE]
    events = sorted(events, key=lambda event: event["time"])[-EVENTS:]
    from .status import status
    known = status(None, 0, None, 100000)
    return {"time": utc_text(), "instance_id": Session().instance_id(), "notice": known["notice"],
            "guard": known["guard"], "cpus": os.cpu_count(),
            "load": machine.none_if_unknown(lambda: round(os.getloadavg()[0], 2)),
            "uptime": machine.none_if_unknown(machine.uptime), "memory": machine.none_if_unknown(machine.memory),
            "disks": _disks(runs), "events": [dict(event, data={}) for event in events]}


def _disk(path: str) -> Any:
    return attended(lambda calls: (calls.call(path, os.stat, path).st_dev, calls.call(path, os.statvfs, path)))


def _disks(runs: List[Run]) -> List[Dict[str, Any]]:
    """The file systems that trainings and their checkpoints are on."""
    found: Dict[int, Dict[str, Any]] = {}
    for run in runs:
        for path in (run.state.get("project_dir"), run.state.get("checkpoint_dir"), run.directory):
            try:
                device, disk = _disk(path or "")
            except OSError:
                continue
            found.setdefault(device, {"path": path, "size": disk.f_blocks * disk.f_frsize,
                                      "free": disk.f_bavail * disk.f_frsize})
    return list(found.values())
