"""The machine's memory and uptime."""
from typing import Any, Callable, Dict


def none_if_unknown(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except (OSError, ValueError, IndexError, KeyError):
        return None


def uptime() -> float:
    with open("/proc/uptime") as file:
        return float(file.read().split()[0])


def memory() -> Dict[str, int]:
    with open("/proc/meminfo") as file:
        known = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in file}
    return {"total": known["MemTotal"], "available": known["MemAvailable"]}
