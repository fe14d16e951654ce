"""`status`: the guard, runs and newest events. The answer fits the limits of Run Command's output."""
import os
import time
from typing import Any, Dict, List, Optional

from ..aws.imds import Reading
from ..aws.session import Session
from ..interruption.notice import standing
from ..runs.registry import all_runs
from ..runs.run import ENDED, Run
from ..service.guard_process import guard_identity
from ..system import files, paths
from ..system.clock import boot_id, utc_text
from ..system.files import line_length

# States in which nothing has to be looked for any more: the sequence has begun.
INTERRUPTED = ("interrupting", "stopping")


def status(run: Optional[Run], newest: int, after: Optional[int], most: int) -> Dict[str, Any]:
    """As much as fits: active runs first, then events. Never fails for want of a guard."""
    identity = guard_identity()
    chosen = [run] if run else sorted(all_runs(), key=lambda run: run.state["state"] in ENDED)
    session = Session()
    seen = (files.read_json(os.path.join(paths.home(), "guard-status.json")) or {}).get("imds") if identity else None
    reading = _reading(chosen, session, seen)
    if not identity:
        seen = "ok" if reading.status == "none" else reading.status or None
    answer: Dict[str, Any] = {
        "schema": 1, "time": utc_text(), "instance_id": session.instance_id(),
        "guard": {"alive": identity is not None, "pid": (identity or {}).get("pid"),
                  "program": os.path.basename((identity or {}).get("program") or "") or None,
                  "imds": seen, "since": (identity or {}).get("since")},
        "notice": _notice(chosen, reading), "runs": [], "events": []}
    shown = [(run, run.shown()) for run in chosen]
    for _, state in shown:
        if not answer["runs"] or line_length(answer) + line_length(state) < most:
            answer["runs"].append(state)
    if line_length(answer) > most:
        for state in answer["runs"]:
            state["phases"] = []
            if state["error"]:
                state["error"]["message"] = state["error"]["message"][-300:]
    events = sorted((event for run, _ in shown for event in run.events()), key=lambda event: event["time"])
    _add_events(answer, events, newest, after, most)
    return answer


def _add_events(answer: Dict[str, Any], events: List[Dict[str, Any]], newest: int, after: Optional[int],
                most: int) -> None:
    """After a number: in order, the first that fit. Otherwise the newest that fit."""
    room = most - line_length(answer)
    if after is not None:
        chosen = [event for event in events if event["seq"] > after]
    else:
        chosen = list(reversed(events[-newest:] if newest else []))
    fitting = []
    for event in chosen[:newest] if after is not None and newest else chosen:
        room -= line_length(event)
        if room < 0:
            break
        fitting.append(event)
    answer["events"] = fitting if after is not None else list(reversed(fitting))


def _reading(runs: List[Run], session: Session, seen: Optional[str]) -> Reading:
    """What the metadata service says of a notice now: no guard may live, or the one that does may be stuck.

    Asked only where a training could still be told, and not where a guard knows that nobody answers there.
    """
    if seen not in (None, "ok") or all(run.state["state"] in ENDED + INTERRUPTED for run in runs):
        return Reading("")
    return session.imds.notice()


def _notice(runs: List[Run], reading: Reading) -> Optional[Dict[str, Any]]:
    """The notice that stands: EC2's, or that of a drill."""
    kept = files.read_json(os.path.join(paths.home(), "notice.json")) or {}
    notice = standing(kept if kept.get("boot_id") == boot_id() else {}, reading.status, reading.json(),
                      time.time() + reading.clock_offset, time.monotonic())
    if notice:
        return dict(notice, drill=False)
    for run in runs:
        asked = files.read_json(run.file("request.json")) or {}
        if asked.get("source") == "drill" and asked.get("attempt") == run.state.get("attempt") \
                and time.monotonic() < asked["deadline_monotonic"]:
            return {"action": "terminate", "time": asked["deadline"], "drill": True}
    return None
