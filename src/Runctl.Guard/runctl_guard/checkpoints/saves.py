"""What the end of a save changes in what is known of the run."""
import copy
from collections import Counter
from typing import Dict, List, Set

from .heads import choose_head
from .history import History, Save
from .names import has_number, pattern_of
from .units import folders_of, shape_of, unit_of

# A pattern that came at so many looks, as two units of one pattern do: several saves that follow one another too fast to be told apart.
BURST = 3
# The parts of a save come within this share of the time between two saves.
PARTS_SHARE = 4


def close_save(seen: History, save: Save, now: float, settled: bool) -> None:
    """Writes down what the save consists of, and looks into directories that hold several."""
    save.ended, save.settled = save.last, settled
    save.files = {}
    for path in sorted(save.paths):
        record = seen.files[path]
        if record.save == save.number:
            save.files[path] = record.facts()
        elif record.prior and record.prior[0] == save.number:
            # It is being written again already.
            save.files[path] = record.prior[1:]
    if settled:
        _look_into(seen, save)
    save.shape = shape_of(save.files, seen.opened, lambda path: (seen.files[path].first, seen.files[path].mtime_ns))
    save.units = dict(Counter(pattern_of(unit) for unit in {unit_of(path, seen.opened) for path in save.files}))
    choose_head(seen, save)
    save.opened, save.head = sorted(seen.opened), copy.copy(seen.head)


def has_all(seen: History, save: Save) -> bool:
    """Whether a save that goes on has what the two before had; if the last did not end by itself, whether it is a burst."""
    if not seen.saves:
        # Nothing tells what the first one should have. It is over where no file was open when the training was told: its files
        # travel with the next one in any case. Where one was, what follows it without a pause may be the rest of it.
        return not save.through
    if not seen.saves[-1].settled:
        units = {unit_of(path, seen.opened) for path in save.paths if path in seen.files and seen.is_weight(path)}
        return len({pattern_of(unit) for unit in units}) < len(units) \
            or any(count >= BURST for one in [save] + seen.saves[-1:] for count in one.came.values())
    before = [other.shape for other in seen.saves[-2:]]
    needed = set.intersection(*(set(shape) for shape in before))
    # What was deleted since does not count.
    now = shape_of([path for path in save.paths if path in seen.files], seen.opened,
                   lambda path: (seen.files[path].first, seen.files[path].mtime_ns))
    return bool(needed) and all(
        pattern in now and all(now[pattern][-1].get(kind, 0) >= count for kind, count in before[-1][pattern][-1].items())
        for pattern in needed)


def _look_into(seen: History, save: Save) -> None:
    """A directory whose weight files come from several saves is no unit; once known, for the whole run. Those count too that
    were deleted since, if the directory is still the same one."""
    seen.opened |= _paths_only(seen, save)
    folders = {folder for path in save.files for folder in folders_of(path) if folder not in seen.opened}
    if not folders:
        return
    settled = {0, save.number} | {other.number for other in seen.saves if other.settled}
    oldest = min(settled - {0})
    numbers: Dict[str, Set[int]] = {}
    for path, record in seen.files.items():
        if record.save is None or record.origin == "before" or not (record.save in settled or record.save < oldest):
            continue
        inside = [folder for folder in folders_of(path) if folder in folders]
        if inside and seen.is_weight(path):
            for folder in inside:
                numbers.setdefault(folder, set()).add(record.save)
    models = {pattern_of(path) for path in seen.files if seen.is_weight(path)}
    for other in seen.saves:
        for path in other.files if other.settled else ():
            if path not in seen.files and pattern_of(path) in models:
                for folder in folders_of(path):
                    if folder in folders and folder in seen.files and seen.files[folder].first <= other.ended:
                        numbers.setdefault(folder, set()).add(other.number)
    seen.opened |= {folder for folder, found in numbers.items() if len(found) > 1}


def _paths_only(seen: History, save: Save) -> Set[str]:
    """Directories that only lead to what was saved: a save wrote one thing alone in them, and they were there long before it or
    have a name that is not of one save."""
    earlier = [other for other in seen.saves if other.number < save.number][-1:]
    long_before = earlier[0].ended if earlier else (seen.born + save.began) / 2
    inside: Dict[str, Set[str]] = {}
    for path in save.files:
        for folder, entry in zip(folders_of(path), folders_of(path)[1:] + [path]):
            inside.setdefault(folder, set()).add(entry)
    found: Set[str] = set()
    for folder in sorted(inside):
        above = folder.rpartition("/")[0]
        # A save that follows without a pause may have begun before the one before it ended.
        there = folder in seen.files and seen.files[folder].first <= long_before and seen.files[folder].first < save.began
        if len(inside[folder]) == 1 and (there or not has_number(folder.rpartition("/")[2])) and (not above or above in found
                                                                                             or above in seen.opened):
            found.add(folder)
    return found


def continues(seen: History, weights: List[str], now: float) -> bool:
    """Whether what is written now belongs to the save before: it only completes directories that this one had begun, or what
    the save before it had."""
    if not seen.saves or now - seen.saves[-1].ended > seen.limit():
        return False
    last = seen.saves[-1]
    patterns = {pattern_of(path) for path in last.files}
    # Of each of these, every save makes one of its own.
    each = {pattern_of(folder) for other in seen.saves[:-1] for path in other.files for folder in folders_of(path)}

    def completes(path: str) -> bool:
        begun = [folder for folder in folders_of(path) if seen.made.get(folder) == last.number]
        return bool(begun) and path not in last.files and (
            pattern_of(path) not in patterns or any(pattern_of(folder) in each for folder in begun))
    return all(completes(path) for path in weights) or _is_next_part(seen, weights, now)


def _is_next_part(seen: History, weights: List[str], now: float) -> bool:
    """A save may come in parts with a pause between them, as for gathering an optimizer: known by the time before, when these
    units came so soon after those that were written last."""
    last, new = seen.saves[-1], {pattern_of(unit_of(path, seen.opened)) for path in weights}
    starts = [number for number, other in enumerate(seen.saves[:-1]) if set(other.units) & set(last.units)]
    if not starts or new & set(last.units):
        return False
    before = seen.saves[starts[-1]:-1]
    longest = (last.began - before[0].began) / PARTS_SHARE
    came = [other.began for other in before if new & set(other.units)]
    return new <= {pattern for other in before for pattern in other.units} and max(came) - before[0].began < longest \
        and now - last.began < longest


def may_go_on(seen: History, save: Save) -> bool:
    """Whether more of it may come, by the time between the two saves before."""
    before = [other for other in seen.saves if other.number < save.number][-2:]
    return len(before) == 2 and seen.time - save.began < min(seen.limit(), (before[1].began - before[0].began) / PARTS_SHARE)
