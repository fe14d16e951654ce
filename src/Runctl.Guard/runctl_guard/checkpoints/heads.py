"""The head of a checkpoint: the one path of it that a script is given to go on from."""
import re
from typing import Any, Dict, Iterable, List, Optional

from .file_history import LEAST_RAW_SHARE
from .history import History, Save
from .kinds import WEIGHT_KINDS, tensorflow_prefix
from .names import SHARD, compile_glob, pattern_of
from .units import folders_of, unit_of

# Beside a model: they are the head only if there is nothing else.
SECONDARY = re.compile(r"(?i)(?<![a-z])(best|ema|opt[a-z]*|sched[a-z]*|scaler|rng|buffer)(?![a-z])")

OPTIMIZER = re.compile(r"(?i)(?<![a-z])(opt|optim|optimizers?)(?![a-z])")
# What SQLite keeps beside its file.
JOURNAL = re.compile(r"-(?:wal|shm|journal)$")
# A head that came once, as a cache of the data, gives way after so many saves in a row of one name without it. Losses and predictions
# often are of these kinds.
OUTLIVED = 2
WEAK_KINDS = frozenset(("npy", "pickle", "binary", "json", "text"))


def stands_for(seen: History, path: str) -> str:
    """What is given in place of one unit: TensorFlow's prefix for its files, an index for its shards, a database for its journal."""
    record = seen.files.get(path)
    prefix = record and tensorflow_prefix(path, record.kind or "")
    if prefix:
        return prefix
    database = JOURNAL.sub("", path)
    if database != path and database in seen.files:
        return database
    shard = SHARD.match(path)
    if shard:
        index = "%s%s.index.json" % (shard.group(1).rstrip("-_."), shard.group(5))
        if index in seen.files and seen.counts(index):
            return index
    return path


def weight_units(seen: History, paths: Any) -> Dict[str, List[str]]:
    """The weight files of each unit that has some, by what stands for the unit."""
    units: Dict[str, List[str]] = {}
    for path in paths:
        if path in seen.files and seen.is_weight(path):
            units.setdefault(stands_for(seen, unit_of(path, seen.opened)), []).append(path)
    for unit in sorted(units, reverse=True):
        # `w2v.model` stands for `w2v.model.vectors.npy` too, which it needs.
        folder, _, name = unit.rpartition("/")
        parts = name.split(".")
        for length in range(1, len(parts)):
            owner = (folder and folder + "/") + ".".join(parts[:length])
            if owner in units:
                units[owner] += units.pop(unit)
                break
    return units


def choose_head(seen: History, save: Save) -> None:
    """Keeps the head's pattern for the run. A save without it replaces it if it holds more than half of its bytes, or if the head came
    only once and such saves came in a row. If the one that gave way comes again, it is the head."""
    units = weight_units(seen, save.files)
    if not units:
        return
    sizes = {unit: sum(save.files[path][1] for path in paths) for unit, paths in units.items()}
    known = seen.head
    kept = [unit for unit in units if known and pattern_of(unit) == known["pattern"]]
    if kept:
        known.update(size=max(sizes[unit] for unit in kept), without=0, again=True)  # type: ignore[union-attr]
        return
    former = [unit for unit in units if known and pattern_of(unit) == known.get("former")]
    inside = known and [unit for unit in units if pattern_of(unit).startswith(known["pattern"] + "/")]
    some = former or inside
    chosen = _first_completed(seen, {unit: units[unit] for unit in some} if some else units)
    kind, pattern = _kind(seen, units[chosen]), pattern_of(chosen)
    aside = SECONDARY.search(chosen) is not None
    outlived = False
    if known and not some and not (known["aside"] and not aside):
        known["without"] += 1
        known["row"] = known.get("row", 0) + 1 if known.get("instead") == pattern else 1
        known["instead"] = pattern
        outlived = not known.get("again") and known["row"] >= OUTLIVED and not aside and (
            kind == known["kind"] or kind not in WEAK_KINDS)
        # Something of another kind, as predictions beside a model, has to come without the head twice.
        small = 2 * sum(sizes.values()) <= known["size"] or kind != known["kind"] and known["without"] < 2
        if aside and not known["aside"] or small and not outlived:
            return
    seen.head = {"pattern": pattern, "size": sizes[chosen], "kind": kind, "without": 0, "aside": aside, "again": bool(former),
                 "former": known["pattern"] if known and outlived else None}


def _first_completed(seen: History, units: Dict[str, List[str]]) -> str:
    def completed(unit: str) -> Any:
        records = [seen.files[path] for path in units[unit]]
        # Beside a model for others to use, a directory has what the training goes on from.
        inside = [OPTIMIZER.search(path[len(unit):]) is not None for path in units[unit] if path.startswith(unit + "/")]
        return (SECONDARY.search(unit) is not None, not (any(inside) and not all(inside)), max(record.first for record in records),
                max(record.mtime_ns for record in records), unit)
    return min(units, key=completed)


def _kind(seen: History, paths: List[str]) -> Optional[str]:
    return seen.files[max(paths, key=lambda path: seen.files[path].size)].kind


def head_of(seen: History, own: Any, view: Any, gone: Dict[str, List[Any]] = {}) -> Optional[str]:
    """The head of a checkpoint: what the save wrote counts before the rest of what there is. `gone`: facts of what it wrote and
    the directory does not have any more."""
    return _of_pattern(seen, own) or _of_gone(seen, gone) or _of_pattern(seen, view) or _any(seen, own) or _any(seen, view)


def newest_beside(seen: History, save: Save, paths: Iterable[str], head: str) -> Optional[str]:
    """What the training wrote last, if that is a model of a kind that no save had before, as `final.pt` after its epochs. None if
    it is the head, or if the head's kind came only once: nothing tells a last model from an optimizer then."""
    known = {pattern for other in seen.saves if other.number < save.number for pattern in other.shape}
    if not known and not seen.repeated:
        return None
    units: Dict[str, List[str]] = {}
    for path in paths:
        if path in seen.files and not seen.is_running(path):
            units.setdefault(stands_for(seen, unit_of(path, seen.opened)), []).append(path)

    def came_before(unit: str) -> bool:
        return any(pattern_of(unit_of(path, seen.opened)) in known or pattern_of(path) in seen.repeated for path in units[unit])
    if head not in units or not came_before(head):
        return None
    largest = max((seen.files[path] for path in units[head]), key=lambda record: record.size)
    models = [unit for unit in units if any(
        seen.is_weight(path) or seen.files[path].kind == largest.kind and LEAST_RAW_SHARE * seen.files[path].size >= largest.size
        for path in units[unit])]
    newest = _newest(seen, models + [head], units)
    return None if came_before(newest) or SECONDARY.search(newest) else newest


def _of_gone(seen: History, gone: Dict[str, List[Any]]) -> Optional[str]:
    """The newest unit of the head's pattern among files that were deleted since."""
    times: Dict[str, Any] = {}
    for path, facts in gone.items():
        kind = seen.kinds.get(pattern_of(path), "")
        unit = tensorflow_prefix(path, kind) or unit_of(path, seen.opened)
        if kind in WEIGHT_KINDS and seen.head and pattern_of(unit) == seen.head["pattern"]:
            times[unit] = max(times.get(unit, (0.0, 0)), (facts[3], facts[2]))
    return max(times, key=lambda unit: times[unit]) if times else None


def _any(seen: History, paths: Any) -> Optional[str]:
    """The newest unit of the pattern of what was completed first."""
    units = weight_units(seen, paths)
    if not units:
        return None
    pattern = pattern_of(_first_completed(seen, units))
    return _newest(seen, [unit for unit in units if pattern_of(unit) == pattern], units)


def _newest(seen: History, candidates: Iterable[str], members: Dict[str, List[str]]) -> str:
    return max(candidates, key=lambda unit: max(
        (seen.files[path].first, seen.files[path].mtime_ns, path) for path in members[unit]))


def _of_pattern(seen: History, paths: Any) -> Optional[str]:
    """What the setting names, else the newest unit of the head's pattern."""
    units = weight_units(seen, paths)
    if seen.settings.head:
        matches = compile_glob("/" + seen.settings.head.lstrip("/"))
        named: Dict[str, List[str]] = {}
        for path in paths:
            for place in folders_of(path) + [path, stands_for(seen, path)]:
                if matches(place) and path in seen.files and not any(matches(other) for other in folders_of(place)):
                    named.setdefault(place, []).append(path)
        if named:
            return _newest(seen, named, named)
        return None
    fitting = [unit for unit in units if seen.head and pattern_of(unit) == seen.head["pattern"]]
    return _newest(seen, fitting, units) if fitting else None

