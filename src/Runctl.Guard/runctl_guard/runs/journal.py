"""What the sequence is about to do, synced before it does it: a successor goes on from here and repeats nothing."""
import os
import time
from typing import Any, Dict, List, Optional

from ..system.clock import boot_id
from ..system.files import append_line, read_lines
from ..system.guard_log import best_effort
from .run import ENDED, Run


class Journal:
    def __init__(self, run: Run) -> None:
        self._path = run.file("journal.jsonl")
        self._attempt = run.state.get("attempt")
        self._entries = [entry for entry in read_lines(self._path) if entry.get("attempt") == self._attempt]

    def write(self, phase: str, **data: Any) -> Dict[str, Any]:
        entry = dict(data, phase=phase, attempt=self._attempt, at=time.time(), monotonic=time.monotonic(),
                     boot_id=boot_id(), pid=os.getpid())
        self._entries.append(entry)
        best_effort(lambda: append_line(self._path, entry))
        return entry

    def get(self, phase: str) -> Optional[Dict[str, Any]]:
        """The last entry of that phase in this attempt."""
        return next((entry for entry in reversed(self._entries) if entry["phase"] == phase), None)

    def first(self, phase: str) -> Optional[Dict[str, Any]]:
        return next(iter(self.all(phase)), None)

    def all(self, phase: str) -> List[Dict[str, Any]]:
        return [entry for entry in self._entries if entry["phase"] == phase]

    @property
    def begun(self) -> bool:
        return self.get("begin") is not None

    @property
    def done(self) -> bool:
        return self.get("done") is not None


def seconds_since(entry: Dict[str, Any]) -> float:
    """Elapsed since an entry; by the monotonic clock in the same boot, whatever was done to the wall clock."""
    if entry.get("boot_id") == boot_id():
        return time.monotonic() - entry["monotonic"]
    return time.time() - entry["at"]


def presses(run: Run) -> bool:
    """Whether an interruption with a deadline has begun, also one that the metadata do not show, and is not settled yet."""
    state, begun = run.state, Journal(run).get("begin")
    return begun is not None and begun["deadline"] is not None \
        and (state.get("state") not in ENDED or bool(state.get("record_pending")))
