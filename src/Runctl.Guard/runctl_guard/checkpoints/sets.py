"""A checkpoint: what a save wrote and names, the newest of everything else, and what is older."""
import hashlib
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Set, Tuple

from .heads import SECONDARY, head_of, newest_beside, stands_for
from .kinds import WEIGHT_KINDS
from .names import pattern_of
from .history import Save
from .looks import Record
from .observation import Observation
from .pointers import Named, Places, Reader, named_by
from .units import unit_of

SAVE, CURRENT, OLDER = "save", "current", "older"


class SetFile(NamedTuple):
    """`part` is save, current or older. `here`: the disk still has this version. `running`: it travels as it is."""
    path: str
    version: str
    size: int
    part: str
    link: Optional[str] = None
    here: bool = True
    running: bool = False


class Newest(NamedTuple):
    """What the training wrote last, beside the head. `step`: the last one reported before."""
    path: str
    step: Optional[int]


class CheckpointSet(NamedTuple):
    """`head` is the path a script is given; `step` the last one reported before its writing began. `written_ns` and
    `saved_ns`: the times of the first and the last of the head's files, or of what the save wrote without it. `newest`: a model
    that the training wrote after the head, under a name that no save had before."""
    save: Save
    head: str
    files: List[SetFile]
    missing: Dict[str, str]
    step: Optional[int]
    saved_ns: int
    began: float
    written_ns: int = 0
    newest: Optional[Newest] = None

    def part(self, *parts: str) -> List[SetFile]:
        return [file for file in self.files if file.part in parts]

    def wrote_head(self) -> bool:
        """Whether its save did: it may have written something else, beside a head of a save before."""
        return any(under(path, self.head) for path in self.save.files)

    def size(self) -> int:
        return sum(file.size for file in self.files if file.part != OLDER and file.link is None)

    def name(self) -> str:
        """The identity as a short text."""
        return hashlib.sha1(repr(self.identity()).encode("utf-8", "replace")).hexdigest()

    def identity(self) -> Tuple[Tuple[str, str], ...]:
        """Equal for two sets that bring the same state back; logs do not count."""
        return tuple(sorted((file.path, file.version) for file in self.files if file.part != OLDER and not file.running))


def build(seen: Observation, save: Save, read: Callable[[str, str, int], Optional[bytes]]) -> Optional[CheckpointSet]:
    """The checkpoint of that save with what is known now. `read` gets path, version and limit."""
    with seen.as_of(save):
        return _build(seen, save, read)


def _build(seen: Observation, save: Save, read: Callable[[str, str, int], Optional[bytes]]) -> Optional[CheckpointSet]:
    view = _view(seen, save)
    own = {path for path in save.files if path in view}
    weights = [path for path in own if path in seen.files]
    gone = {path: save.files[path] for path in own if path not in seen.files}
    head = head_of(seen, weights, [path for path in view if path in seen.files], gone)
    if not own or head is None:
        return None
    disk = Places([path for path, record in seen.files.items() if record.type in ("file", "link")] + list(view))
    places = Places(view)
    reader: Reader = lambda path, limit: read(path, view[path].version, limit) if path in view else None
    parts = {path: OLDER for path in view}
    missing: Dict[str, str] = {}
    units: Dict[str, List[str]] = {}
    for path in view:
        units.setdefault(unit_of(path, seen.opened), []).append(path)
    _name(seen, view, units, own, SAVE, parts, missing, (places, disk), reader)
    _name(seen, view, units, _newest_of_others(seen, view, units, own), CURRENT, parts, {}, (places, disk), reader)
    files = [view[path]._replace(part=parts[path]) for path in sorted(view)]
    written = [save.files[path] for path in own if under(path, head)]
    _, _, times, begins, _ = zip(*(written or [save.files[path] for path in own]))
    newest = newest_beside(seen, save, [file.path for file in files if file.part != OLDER], head)
    return CheckpointSet(save, head, files, missing, _step(written or _facts_of(seen, save, view, head)), max(times), min(begins),
                         min(times), newest and Newest(newest, _step(_facts_of(seen, save, view, newest))))


def _facts_of(seen: Observation, save: Save, view: Dict[str, SetFile], place: str) -> List[List[Any]]:
    """What is known of the files of a place, whichever save wrote them."""
    known = [other.files for other in seen.saves + [save] if other.number <= save.number]
    found = [seen.files[path].facts() for path in view if under(path, place) and path in seen.files]
    found += [files[path] for files in known for path in files if under(path, place)]
    versions = {file.version for file in view.values()}
    return [facts for facts in found if facts[0] in versions]


def _step(facts: List[List[Any]]) -> Optional[int]:
    """The last one reported before the first of them was begun; None if that is not known of each."""
    steps = [one[4] for one in facts]
    return min(steps) if steps and None not in steps else None


def under(path: str, head: str) -> bool:
    """Whether a file is part of the head: the file itself, one in the directory, one of TensorFlow's prefix."""
    return path == head or path.startswith(head + "/") or path.startswith(head + ".")


def _view(seen: Observation, save: Save) -> Dict[str, SetFile]:
    """Every path as it was for that save: later saves did not happen, and what they overwrote is not here."""
    view: Dict[str, SetFile] = {}
    lost: List[SetFile] = []
    before = [other for other in reversed(seen.saves) if other.number <= save.number]
    latest = (not seen.saves or seen.saves[-1].number == save.number) and not _is_removed(seen, save)
    for path, record in seen.files.items():
        if not seen.counts(path):
            continue
        if record.save == save.number and path not in save.files:
            continue
        if record.save is None or record.save <= save.number or seen.is_running(path):
            view[path] = _as_it_is(seen, path, record)
        else:
            _as_it_was(path, before, view)
            if path not in view and record.prior and record.prior[0] <= save.number:
                # The save that wrote it is no longer kept, or an attempt before restored it.
                lost.append(SetFile(path, record.prior[1], record.prior[2], OLDER, None, False))
    if lost:
        # Under another name it is there still.
        renamed = {record.version for record in seen.files.values()}
        view.update((file.path, file) for file in lost if file.version not in renamed)
    if not latest:
        for path in save.files:
            if path not in seen.files:
                _as_it_was(path, before, view)
    return view


def _is_removed(seen: Observation, save: Save) -> bool:
    """Whether no model of it is left: a training that keeps few checkpoints may delete the last before it writes the next."""
    had_model = False
    for path in save.files:
        if seen.kinds.get(pattern_of(path)) in WEIGHT_KINDS | {"binary"} and not SECONDARY.search(stands_for(seen, unit_of(path, seen.opened))):
            if path in seen.files:
                return False
            had_model = True
    return had_model


def _as_it_is(seen: Observation, path: str, record: Record) -> SetFile:
    link = record.target if record.type == "link" else None
    return SetFile(path, record.version, 0 if link else record.size, OLDER, link, True, seen.is_running(path))


def _as_it_was(path: str, before: List[Save], view: Dict[str, SetFile]) -> None:
    for other in before:
        if path in other.files:
            version, size = other.files[path][:2]
            view[path] = SetFile(path, version, size, OLDER, None, False)
            return


def _newest_of_others(seen: Observation, view: Dict[str, SetFile], units: Dict[str, List[str]], own: Set[str]) -> Set[str]:
    """The newest unit of every pattern that the save did not write, and the rest of the units it wrote."""
    def written(unit: str) -> Tuple[float, int, str]:
        records = [seen.files[path] for path in units[unit] if path in seen.files]
        return (max((record.first for record in records), default=0.0),
                max((record.mtime_ns for record in records), default=0), unit)
    ours = {unit_of(path, seen.opened) for path in own}
    taken = {pattern_of(unit) for unit in ours}
    newest: Dict[str, str] = {}
    for unit in units:
        pattern = pattern_of(unit)
        if pattern not in taken and (pattern not in newest or written(unit) > written(newest[pattern])):
            newest[pattern] = unit
    return {path for unit in list(newest.values()) + sorted(ours) for path in units.get(unit, ())}


def _name(seen: Observation, view: Dict[str, SetFile], units: Dict[str, List[str]], start: Set[str], part: str,
          parts: Dict[str, str], missing: Dict[str, str], places: Tuple[Places, Places], reader: Reader) -> None:
    """Puts these files, and all that they name, into a part of the set."""
    waiting = sorted(start)
    while waiting:
        path = waiting.pop()
        if path not in view or parts[path] != OLDER:
            continue
        parts[path] = part
        record, file = seen.files.get(path), view[path]
        if file.link is not None:
            named = Named({file.link}, {})
        else:
            kind = record.kind if record else seen.kinds.get(pattern_of(path))
            named = named_by(path, file.size, kind, places[0], places[1], reader)
        missing.update(named.missing)
        for place in named.paths:
            if place in view:
                waiting.append(place)
            else:
                inside = units.get(place) or [other for other in view if other.startswith(place + "/")]
                waiting += inside
