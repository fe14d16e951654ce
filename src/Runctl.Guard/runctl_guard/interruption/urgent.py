"""A notice that comes while the sequence of a run is under way already, as for a stop by hand: its deadline counts from then on."""
from typing import Any, Dict, Optional

from ..runs.run import Run
from ..system import files
from ..system.clock import boot_id
from ..system.guard_log import best_effort
from .triggers import Trigger


def note(run: Run, trigger: Trigger) -> None:
    """For whoever has the sequence, in this process or another."""
    known = of(run)
    if trigger.deadline is None or (known and known["deadline"] <= trigger.deadline):
        return
    best_effort(lambda: files.write_json(run.file("urgent.json"), dict(
        trigger._asdict(), schema=1, attempt=run.state["attempt"], boot_id=boot_id())))


def of(run: Run) -> Optional[Dict[str, Any]]:
    """The newest one of this attempt and boot."""
    found = files.read_json(run.file("urgent.json"))
    same = found and found.get("attempt") == run.state.get("attempt") and found.get("boot_id") == boot_id()
    return found if same else None
