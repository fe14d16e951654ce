"""`events`: those of a run in order, as many as fit."""
from typing import Any, Dict

from ..runs.run import Run
from ..system.files import line_length


def events(run: Run, after: int, most: int) -> Dict[str, Any]:
    answer: Dict[str, Any] = {"schema": 1, "events": [], "more": False}
    room = most - line_length(answer) - 1
    for event in run.events():
        if event["seq"] <= after:
            continue
        room -= line_length(event)
        if room < 0 and answer["events"]:
            answer["more"] = True
            break
        answer["events"].append(event)
    return answer
