"""What the end of a save changes in what is known of the run."""
import copy
from typing import Dict, List, Set

from .heads import choose_head
from .history import History, Save
from .names import pattern_of
from .units import folders_of, shape_of, unit_of

# A pattern that came at so many looks, as two units of one pattern do: several saves that follow one another too fast to be told apart.
BURST = 3


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


def continues(seen: History, weights: List[str], now: float) -> bool:
    """Whether what is written now belongs to the save before: it only completes directories that this one had begun."""
    if not seen.saves or now - seen.saves[-1].ended > seen.limit():
        return False
    last = seen.saves[-1]
    patterns = {pattern_of(path) for path in last.files}

    def completes(path: str) -> bool:
        begun = any(seen.made.get(folder) == last.number for folder in folders_of(path))
        return begun and path not in last.files and pattern_of(path) not in patterns
    return all(completes(path) for path in weights)
