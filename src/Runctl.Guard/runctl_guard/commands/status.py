"""What is told about guard, runs, events, log and processes. Answers fit the limits of Run Command's output."""
import base64
import gzip
import os
import time
from typing import Any, Dict, List, Optional

from ..aws.imds import Reading
from ..aws.session import Services
from ..interruption.notice import standing
from ..runs import run_log
from ..runs.run import ENDED, Run, all_runs
from ..service.guard_process import guard_identity
from ..system import files, paths
from ..system.clock import boot_id, utc_text

# States in which nothing has to be looked for any more: the sequence has begun.
INTERRUPTED = ("interrupting", "stopping")


def _length(value: Any) -> int:
    return len(files.to_line(value))


def status(run: Optional[Run], newest: int, after: Optional[int], most: int) -> Dict[str, Any]:
    """As much as fits: active runs first, then events. Never fails for want of a guard."""
    identity = guard_identity()
    chosen = [run] if run else sorted(all_runs(), key=lambda one: one.state["state"] in ENDED)
    services = Services()
    seen = (files.read_json(os.path.join(paths.home(), "guard-status.json")) or {}).get("imds") if identity else None
    reading = _reading(chosen, services, seen)
    if not identity:
        seen = "ok" if reading.status == "none" else reading.status or None
    answer: Dict[str, Any] = {
        "schema": 1, "time": utc_text(), "instance_id": services.instance_id(),
        "guard": {"alive": identity is not None, "pid": (identity or {}).get("pid"),
                  "program": os.path.basename((identity or {}).get("program") or "") or None,
                  "imds": seen, "since": (identity or {}).get("since")},
        "notice": _notice(chosen, reading), "runs": [], "events": []}
    shown = [(one, one.shown()) for one in chosen]
    for _, state in shown:
        if not answer["runs"] or _length(answer) + _length(state) < most:
            answer["runs"].append(state)
    if _length(answer) > most:
        for state in answer["runs"]:
            state["phases"] = []
            if state["error"]:
                state["error"]["message"] = state["error"]["message"][-300:]
    events = sorted((event for one, _ in shown for event in one.events()), key=lambda event: event["time"])
    _add_events(answer, events, newest, after, most)
    return answer


def _add_events(answer: Dict[str, Any], events: List[Dict[str, Any]], newest: int, after: Optional[int],
                most: int) -> None:
    """After a number: in order, the first that fit. Otherwise the newest that fit."""
    room = most - _length(answer)
    if after is not None:
        chosen = [event for event in events if event["seq"] > after]
    else:
        chosen = list(reversed(events[-newest:] if newest else []))
    fitting = []
    for event in chosen[:newest] if after is not None and newest else chosen:
        room -= _length(event)
        if room < 0:
            break
        fitting.append(event)
    answer["events"] = fitting if after is not None else list(reversed(fitting))


def _reading(runs: List[Run], services: Services, seen: Optional[str]) -> Reading:
    """What the metadata service says of a notice now: no guard may live, or the one that does may be stuck.

    Asked only where a training could still be told, and not where a guard knows that nobody answers there.
    """
    if seen not in (None, "ok") or all(one.state["state"] in ENDED + INTERRUPTED for one in runs):
        return Reading("")
    return services.imds.notice()


def _notice(runs: List[Run], reading: Reading) -> Optional[Dict[str, Any]]:
    """The notice that stands: EC2's, or that of a drill."""
    kept = files.read_json(os.path.join(paths.home(), "notice.json")) or {}
    notice = standing(kept if kept.get("boot_id") == boot_id() else {}, reading.status, reading.json(),
                      time.time() + reading.clock_offset, time.monotonic())
    if notice:
        return dict(notice, drill=False)
    for one in runs:
        asked = files.read_json(one.file("request.json")) or {}
        if asked.get("source") == "drill" and asked.get("attempt") == one.state.get("attempt") \
                and time.monotonic() < asked["deadline_monotonic"]:
            return {"action": "terminate", "time": asked["deadline"], "drill": True}
    return None


def events(run: Run, after: int, most: int) -> Dict[str, Any]:
    answer: Dict[str, Any] = {"schema": 1, "events": [], "more": False}
    room = most - _length(answer) - 1
    for event in run.events():
        if event["seq"] <= after:
            continue
        room -= _length(event)
        if room < 0 and answer["events"]:
            answer["more"] = True
            break
        answer["events"].append(event)
    return answer


def log(run: Run, options: Any) -> Dict[str, Any]:
    """Bytes from an offset, compressed. `max_bytes` bounds the answer: what does not compress is cut to fit."""
    active = run.state.get("state") not in ENDED
    base, _ = run_log.extent(run)
    first, end, newest = run_log.part(run, options.attempt)
    offset = max(first, min(options.offset, end))
    if options.since is not None:
        offset = max(offset, run_log.since(run, options.since, first, end))
    if options.tail is not None:
        offset = max(offset, run_log.tail(run, options.tail, first, end))
    take = 1 << 20
    while True:
        data = run_log.read(run, base, offset, min(take, end - offset))
        packed = base64.b64encode(gzip.compress(data, 6)).decode("ascii")
        if len(packed) <= options.max_bytes or take <= 512:
            break
        take = max(512, min(take // 2, int(len(data) * 0.9 * options.max_bytes / len(packed))))
    following = offset + len(data)
    return {"schema": 1, "offset": offset, "next_offset": following, "size": end,
            "ended": following >= end and not (active and newest), "data": packed}
