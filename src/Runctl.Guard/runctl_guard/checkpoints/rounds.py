"""Saves that follow one another so fast that they are one burst: the rounds in it, by what its head is."""
import copy
from typing import Any, Dict, List

from .heads import head_of, weight_units
from .history import History, Save
from .names import pattern_of
from .observation import Observation


# So many rounds of a burst are gone back.
MOST_ROUNDS = 5


def rounds(seen: History, save: Save) -> List[List[str]]:
    """The paths of each round, the oldest first; a round begins with a unit of the head's pattern."""
    def order(path: str) -> Any:
        record = seen.files[path]
        return record.first, record.mtime_ns, path
    there = sorted((path for path in save.files if path in seen.files), key=order)
    units = weight_units(seen, there)
    head = seen.head["pattern"] if seen.head else pattern_of(head_of(seen, there, there) or "")
    heads = [paths for unit, paths in units.items() if pattern_of(unit) == head]
    starts = sorted(min(order(path) for path in paths) for paths in heads)
    found: Dict[int, List[str]] = {}
    for path in there:
        # What was written before the first head belongs to it.
        number = max(1, sum(order(path) >= start for start in starts))
        found.setdefault(number, []).append(path)
    return [found[number] for number in sorted(found)]


def is_burst(seen: History, save: Save) -> bool:
    """Whether a save may be several: it has more units of the head's pattern than the save before, or is the run's first."""
    if save.number == 1:
        return True
    before = [other for other in seen.saves if other.number < save.number][-1:]
    pattern = (save.head or {}).get("pattern", "")
    return any(len(save.shape.get(pattern, ())) > len(other.shape.get(pattern, ())) > 0 for other in before)


def without_last_rounds(seen: History, save: Save) -> List[Save]:
    """The same save as it was one round earlier, two rounds earlier, and so on."""
    parts = rounds(seen, save)
    found = []
    for count in range(len(parts) - 1, max(0, len(parts) - 1 - MOST_ROUNDS), -1):
        earlier = copy.copy(save)
        kept = {path for part in parts[:count] for path in part}
        earlier.files = {path: version for path, version in save.files.items() if path in kept}
        found.append(earlier)
    return found


def so_far(seen: Observation) -> List[Save]:
    """The save that is going on: as it is, if nothing is being written, and as it was before its last round began."""
    if seen.current is None:
        return []
    save = copy.copy(seen.current)
    save.provisional = True
    save.files = {path: seen.files[path].facts() for path in sorted(save.paths)
                  if path in seen.files and seen.files[path].save == save.number}
    save.opened, save.head = sorted(seen.opened), copy.copy(seen.head)
    earlier = without_last_rounds(seen, save)
    for one in earlier:
        one.provisional = False
    return ([] if seen.is_busy() else [save]) + earlier
