"""Why a sequence runs, and until when."""
import time
from typing import Any, Dict, NamedTuple, Optional

from ..system.clock import boot_id, parse_utc


class Trigger(NamedTuple):
    """`deadline` is on the monotonic clock; None where nothing presses."""
    reason: str                        # interruption | manual
    source: str                        # imds | drill | manual | monitor | shutdown
    action: str = "terminate"
    time: Optional[str] = None
    deadline: Optional[float] = None
    detect_seconds: float = 0.0
    grace: Optional[float] = None


def of_request(asked: Dict[str, Any]) -> Trigger:
    """A request written by `interrupt`, `drill` or `stop`, as what starts the sequence."""
    deadline = None
    if asked.get("deadline") is not None:
        same_boot = asked.get("boot_id") == boot_id()
        deadline = asked["deadline_monotonic"] if same_boot else \
            time.monotonic() + parse_utc(asked["deadline"]) - time.time()
    return Trigger(asked["reason"], asked["source"], asked.get("action") or "terminate", asked.get("deadline"),
                   deadline, 0.0, asked.get("grace"))
