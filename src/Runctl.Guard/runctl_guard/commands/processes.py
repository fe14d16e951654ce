"""What the processes of trainings and their machine take now. What is not known is None; nothing here waits for anybody."""
import base64
import gzip
import json
import os
import signal
import subprocess
import time
from typing import Any, Dict, List, Optional

from ..aws.session import Services
from ..runs.run import ENDED, Run
from ..runs.target import ProcessTarget
from ..system import processes
from ..system.clock import utc_text

SAMPLE_SECONDS = 0.5
GPU_SECONDS = 3.0
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
        with open("/proc/uptime") as file:
            uptime = float(file.read().split()[0])
        return {"cpu_seconds": (int(fields[11]) + int(fields[12])) / ticks,
                "memory": int(fields[21]) * os.sysconf("SC_PAGE_SIZE"), "threads": int(fields[17]),
                "elapsed": round(max(0.0, uptime - process.start / ticks), 1),
                "uid": os.stat("/proc/%d" % process.pid).st_uid}
    except (OSError, ValueError, IndexError):
        return {"cpu_seconds": None, "memory": None, "threads": None, "elapsed": None, "uid": None}


def _machine(runs: List[Run]) -> Dict[str, Any]:
    events = [event for run in runs for event in run.events()
              if event["since_notice"] is not None or event["kind"] in BESIDE]
    events = sorted(events, key=lambda event: event["time"])[-EVENTS:]
    from .status import status
    known = status(None, 0, None, 100000)
    return {"time": utc_text(), "instance_id": Services().instance_id(), "notice": known["notice"],
            "guard": known["guard"], "cpus": os.cpu_count(), "load": _attempt(lambda: round(os.getloadavg()[0], 2)),
            "uptime": _attempt(_uptime), "memory": _attempt(_memory), "disks": _disks(runs),
            "events": [dict(event, data={}) for event in events]}


def _attempt(act: Any) -> Any:
    try:
        return act()
    except (OSError, ValueError, IndexError, KeyError):
        return None


def _uptime() -> float:
    with open("/proc/uptime") as file:
        return float(file.read().split()[0])


def _memory() -> Dict[str, int]:
    with open("/proc/meminfo") as file:
        known = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in file}
    return {"total": known["MemTotal"], "available": known["MemAvailable"]}


def _disks(runs: List[Run]) -> List[Dict[str, Any]]:
    """The file systems that trainings and their checkpoints are on."""
    found: Dict[int, Dict[str, Any]] = {}
    for run in runs:
        for path in (run.state.get("project_dir"), run.state.get("checkpoint_dir"), run.directory):
            try:
                device, disk = os.stat(path or "").st_dev, os.statvfs(path or "")
            except OSError:
                continue
            found.setdefault(device, {"path": path, "size": disk.f_blocks * disk.f_frsize,
                                      "free": disk.f_bavail * disk.f_frsize})
    return list(found.values())


def _number(text: str) -> Optional[float]:
    # "[N/A]", "[Not Supported]", "[Unknown Error]" are ways to say that it is not known.
    return _attempt(lambda: float(text))


def _mebibytes(text: str) -> Optional[int]:
    number = _number(text)
    return None if number is None else int(number * (1 << 20))


class Nvidia:
    """What nvidia-smi says, where there is one and it answers in time."""

    def __init__(self) -> None:
        self._answers = True

    def gpus(self) -> Optional[List[Dict[str, Any]]]:
        rows = self._rows("--query-gpu=index,name,utilization.gpu,memory.used,memory.total,temperature.gpu")
        if rows is None:
            return None
        return [{"index": int(row[0]), "name": row[1], "utilization": _number(row[2]), "memory_used": _mebibytes(row[3]),
                 "memory_total": _mebibytes(row[4]), "temperature": _number(row[5])}
                for row in rows if len(row) == 6 and row[0].isdigit()]

    def memory_by_process(self) -> Dict[int, Optional[int]]:
        """Bytes; summed where a process is on several."""
        found: Dict[int, Optional[int]] = {}
        for row in self._rows("--query-compute-apps=pid,used_memory") or []:
            if len(row) == 2 and row[0].isdigit():
                pid, used, before = int(row[0]), _mebibytes(row[1]), found.get(int(row[0]))
                found[pid] = used if before is None or used is None else before + used
        return found

    def _rows(self, query: str) -> Optional[List[List[str]]]:
        if not self._answers:
            return None
        try:
            process = subprocess.Popen(["nvidia-smi", query, "--format=csv,noheader,nounits"], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
            output, _ = process.communicate(timeout=GPU_SECONDS)
        except OSError:
            self._answers = False
            return None
        except subprocess.TimeoutExpired:
            # One that hangs in the driver can not be killed, and is not waited for.
            self._answers = False
            _attempt(lambda: os.killpg(process.pid, signal.SIGKILL))
            return None
        if process.returncode != 0:
            return None
        return [[field.strip() for field in line.split(",")]
                for line in output.decode("utf-8", "replace").splitlines() if line.strip()]
