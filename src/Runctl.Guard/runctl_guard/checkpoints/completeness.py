"""Is all there that a checkpoint needs, and was its save cut off? Decided by what was seen of this run."""
import os
import re
from typing import Dict, List, Optional

from .history import Save
from .names import pattern_of
from .observation import SETTLE_SECONDS, Observation
from .rounds import rounds
from .saves import may_go_on
from .sets import SAVE, CheckpointSet
from .units import folders_of, unit_of

# Written when the rest is complete; the first one every directory of its kind has.
ALWAYS = {"distcp": ".metadata"}
WRITING = "a process is writing to it"
UNFINISHED = re.compile(r"[._-](?:unfinished|incomplete)$")
# Not every save is the best so far.
BEST = re.compile(r"(?i)(?<![a-z])best(?![a-z])")
GOES_ON = "more of it may come: "
MISSING = "%s is missing that the two saves before had"
MARKERS = (".metadata", "_CHECKPOINT_METADATA")


def incomplete(seen: Observation, checkpoint: CheckpointSet) -> Dict[str, str]:
    """What a checkpoint lacks, by path, with the reason; empty if it is complete."""
    with seen.as_of(checkpoint.save):
        return _incomplete(seen, checkpoint)


def _incomplete(seen: Observation, checkpoint: CheckpointSet) -> Dict[str, str]:
    lacks = dict(checkpoint.missing)
    endings = {_ending(file.path) for file in checkpoint.part(SAVE) if file.size and file.path in seen.files and seen.is_weight(file.path)}
    for file in checkpoint.part(SAVE):
        record = seen.files.get(file.path)
        if record is None or not file.here or file.running:
            continue
        if record.opened is not None:
            lacks[file.path] = WRITING
        elif record.type == "file" and record.size == 0 and (
                # In the first save of a run no earlier file says what it would have become; one beside it does.
                seen.is_weight(file.path) or seen.died is not None and _ending(file.path) in endings):
            lacks[file.path] = "it is empty"
    lacks.update(_markers(seen, checkpoint))
    lacks.update(_said_unfinished(seen, checkpoint))
    return lacks


def _ending(path: str) -> str:
    return os.path.splitext(path)[1] or path


def cut_off(seen: Observation, checkpoint: CheckpointSet) -> List[str]:
    """Files that a process was writing when it was killed: they count only if their format proves every byte. A database has a
    journal for that."""
    return [file.path for file in checkpoint.part(SAVE) if file.here and file.path in seen.files
            and seen.files[file.path].cut and seen.files[file.path].kind != "database"]


def _markers(seen: Observation, checkpoint: CheckpointSet) -> Dict[str, str]:
    lacks: Dict[str, str] = {}
    folders: Dict[str, List[str]] = {}
    for file in checkpoint.part(SAVE):
        for folder in folders_of(file.path) or [""]:
            folders.setdefault(folder, []).append(file.path)
    for folder, paths in folders.items():
        records = {path: seen.files[path] for path in paths if path in seen.files}
        for marker in MARKERS:
            place = "%s/%s" % (folder, marker) if folder else marker
            needed = any(ALWAYS.get(record.kind or "") == marker and path.rpartition("/")[0] == folder
                         for path, record in records.items()) or _had(seen, checkpoint.save, place)
            vouching = seen.files.get(place)
            if vouching is None or not seen.counts(place):
                if needed:
                    lacks[place] = "the save has not written it"
                continue
            # `.metadata` vouches for the shards beside it; what a framework adds after them, as `meta.pt`, is its own affair.
            kinds = {kind for kind, name in ALWAYS.items() if name == marker} & {record.kind for record in records.values()}
            parts = [path for path, record in records.items() if path != place and seen.is_weight(path)
                     and record.first > vouching.first and (not kinds or record.kind in kinds)]
            if parts:
                lacks[place] = "it is older than %s" % parts[0]
    return lacks


def _said_unfinished(seen: Observation, checkpoint: CheckpointSet) -> Dict[str, str]:
    """An empty file beside a directory may say that it is not finished, as `step_5-unfinished` for `step_5`."""
    said = [path for path, record in seen.files.items() if record.type == "file" and record.size == 0 and record.origin == "new"
            and UNFINISHED.search(path)]
    if not said:
        return {}
    folders = {unit for file in checkpoint.part(SAVE) if file.here for unit in [unit_of(file.path, seen.opened)] if unit != file.path}
    return {path: "it says that the save is not finished" for path in said if UNFINISHED.sub("", path) in folders}


def _had(seen: Observation, save: Save, place: str) -> bool:
    """Whether the saves before had a marker in that place."""
    unit, pattern = unit_of(place, seen.opened), pattern_of(place)
    before = [other for other in seen.saves if other.number < save.number][-2:]
    return bool(before) and unit != place and all(
        any(pattern in counts for counts in other.shape.get(pattern_of(unit), ())) for other in before)


def torn(seen: Observation, save: Save) -> Optional[str]:
    """Why a save may have been cut off, or may still go on: it lacks what the two before had. None if it does not."""
    died = seen.died
    if save is not (seen.saves[-1] if seen.saves else None):
        return None
    before = [other for other in seen.saves if other.number < save.number][-2:]
    if died is None:
        lacking = (_fewer_units(before, save) or _fewer_files(before, save)) if may_go_on(seen, save) else None
        return lacking and GOES_ON + lacking
    if not died["killed"] and not (died.get("sudden") and died["time"] - save.ended <= SETTLE_SECONDS + died.get("slack", 0.0)):
        return None
    lacking = _fewer_units(before, save) or _less_than_rounds(seen, before, save) or _fewer_files(before, save)
    return lacking and "its writer ended, and %s" % lacking


def may_lack(seen: Observation, save: Save) -> bool:
    """Whether what it lacks may still come."""
    return (torn(seen, save) or "").startswith(GOES_ON)


def _fewer_units(before: List[Save], save: Save) -> Optional[str]:
    if len(before) < 2:
        return None
    for pattern, count in sorted(before[0].units.items()):
        there = save.units.get(pattern, 0)
        if there < count == before[1].units.get(pattern) and not BEST.search(pattern):
            return "it has fewer of %s than the two before" % pattern if there else MISSING % pattern
    return None


def _less_than_rounds(seen: Observation, before: List[Save], save: Save) -> Optional[str]:
    shapes_before = [set(other.shape) for other in before] + [{pattern_of(path) for path in part} for part in rounds(seen, save)]
    last = set(save.shape) if len(shapes_before) < len(before) + 2 else shapes_before[-1]
    earlier_two = shapes_before[:-1][-2:]
    if len(earlier_two) == 2:
        for pattern in sorted(earlier_two[0] & earlier_two[1] - last):
            if not BEST.search(pattern):
                return MISSING % pattern
    return None


def _fewer_files(before: List[Save], save: Save) -> Optional[str]:
    """In the last directory of each pattern."""
    for pattern, shapes in save.shape.items():
        earlier = [counts for other in before for counts in other.shape.get(pattern, [])] + shapes[:-1]
        if len(earlier) < 2:
            continue
        for kind, count in earlier[-1].items():
            if kind != pattern and min(count, earlier[-2].get(kind, 0)) > shapes[-1].get(kind, 0):
                return "it has fewer of %s than the two before" % kind
    return None
