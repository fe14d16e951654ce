"""GPUs, as nvidia-smi shows them. What is not known is None."""
import os
import signal
import subprocess
from typing import Any, Dict, List, Optional

from .machine import none_if_unknown

GPU_SECONDS = 3.0


def _number(text: str) -> Optional[float]:
    # "[N/A]", "[Not Supported]", "[Unknown Error]" are ways to say that it is not known.
    return none_if_unknown(lambda: float(text))


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
            # One that hangs in the driver cannot be killed, and is not waited for.
            self._answers = False
            none_if_unknown(lambda: os.killpg(process.pid, signal.SIGKILL))
            return None
        if process.returncode != 0:
            return None
        return [[field.strip() for field in line.split(",")]
                for line in output.decode("utf-8", "replace").splitlines() if line.strip()]
