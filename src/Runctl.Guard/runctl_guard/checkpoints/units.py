"""Units: what a checkpoint consists of. A file, or a directory whose weight files were written in one save."""
from typing import Any, Dict, List, Set

from .names import pattern_of

# Units of one pattern whose contents are remembered.
KEPT_SHAPES = 3


def folders_of(path: str) -> List[str]:
    """The directories a path lies in, the outermost first."""
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(1, len(parts))]


def unit_of(path: str, opened: Set[str]) -> str:
    """The file itself, or the outermost directory it lies in that is not looked into."""
    at = path.find("/")
    while at >= 0:
        if path[:at] not in opened:
            return path[:at]
        at = path.find("/", at + 1)
    return path


def shape_of(paths: Any, opened: Set[str], order: Any) -> Dict[str, List[Dict[str, int]]]:
    """For each pattern of units: how many files of each pattern its last units have, the newest last."""
    units: Dict[str, List[str]] = {}
    for path in paths:
        units.setdefault(unit_of(path, opened), []).append(path)
    shape: Dict[str, List[Dict[str, int]]] = {}
    for unit in sorted(units, key=lambda unit: max(order(path) for path in units[unit])):
        counts: Dict[str, int] = {}
        for path in units[unit]:
            pattern = pattern_of(path)
            counts[pattern] = counts.get(pattern, 0) + 1
        shape.setdefault(pattern_of(unit), []).append(counts)
    return {pattern: shapes[-KEPT_SHAPES:] for pattern, shapes in shape.items()}
