"""What this instance committed for a run and is still in S3, as it was written down here."""
from typing import Any, Dict, List

from ..runs.run import Run
from ..system import files


def commits_of(run: Run) -> List[Dict[str, Any]]:
    """What this instance brought to S3 for the run and is still there, in the order it came."""
    known: Dict[str, Dict[str, Any]] = {}
    for entry in files.read_lines(run.file("committed.jsonl")):
        if entry.get("gone"):
            known.pop(entry["manifest"], None)
        elif not entry.get("restored"):
            known[entry["manifest"]] = entry
    return list(known.values())


def checkpoints_of(run: Run) -> List[List[Dict[str, Any]]]:
    """The manifests of each checkpoint, the oldest save first: one save may have several."""
    groups: Dict[Any, List[Dict[str, Any]]] = {}
    for entry in commits_of(run):
        groups.setdefault(entry.get("order", entry["manifest"]), []).append(entry)
    return sorted(groups.values(), key=lambda entries: entries[0].get("order") or 0.0)
