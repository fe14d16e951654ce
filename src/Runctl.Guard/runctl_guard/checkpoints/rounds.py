"""Saves that follow one another so fast that they are one burst: the rounds in it, by what its head is."""
import bisect
import copy
from typing import Any, Dict, List

from .heads import head_of, weight_units
from .history import History, Save
from .names import pattern_of

# So many rounds of a burst are gone back.
MOST_ROUNDS = 5
# A burst of rounds that are not further apart than a save settles is cut after so long. Its files have to come at so many looks.
BURST_SECONDS, ROUND_SECONDS, BURST_LOOKS = 8.0, 2.0, 3


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
        number = max(1, bisect.bisect_right(starts, order(path)))
        found.setdefault(number, []).append(path)
    return [found[number] for number in sorted(found)]


def is_burst(seen: History, save: Save) -> bool:
    """Whether a save may be several: it has more units of the head's pattern than the save before, follows a burst that was cut, or
    is the run's first."""
    before = [other for other in seen.saves if other.number < save.number][-1:]
    if save.number == 1 or any(other.cut for other in before):
        return True
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


def last_round(seen: History, now: float) -> List[str]:
    """The paths of the round that a burst is in, so that what comes before it is whole. Empty if there is none before it, or if
    what goes on may be one save: its files came at once or slowly, or at one step that was reported."""
    save = seen.current
    if save is None or now - save.since < BURST_SECONDS or max(save.came.values(), default=0) < BURST_LOOKS:
        return []
    parts = rounds(seen, as_it_is(seen, save))
    steps = {seen.files[part[0]].step for part in parts}
    if len(parts) * ROUND_SECONDS < now - save.since or len(steps) == 1 and None not in steps:
        return []
    earlier, before = [{pattern_of(path) for path in part} for part in parts[-3:-1]]
    # A file that comes beside the rounds may still be on its way.
    is_open = any(seen.files[path].opened is not None for part in parts[:-1] for path in part if seen.is_weight(path))
    return [] if earlier - before or is_open else parts[-1]


def as_it_is(seen: History, save: Save) -> Save:
    """The save that is going on, as if it ended now."""
    found = copy.copy(save)
    found.files = {path: seen.files[path].facts() for path in sorted(save.paths)
                   if path in seen.files and seen.files[path].save == save.number}
    return found
