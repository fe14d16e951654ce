"""What the small files of a checkpoint name: pointers, indexes and shards. Their content is data, and may be anything."""
import json
import re
from typing import Callable, Dict, Iterable, List, NamedTuple, Optional, Set

from .kinds import TEXT_KINDS
from .names import SHARD

LARGEST_POINTER = 4096
LARGEST_INDEX = 64 << 20

# Reads a file of the set as far as the limit; None if it cannot be read.
Reader = Callable[[str, int], Optional[bytes]]


class Named(NamedTuple):
    """`paths`: files and directories that are there. `missing`: what has to be there and is not, with the reason."""
    paths: Set[str]
    missing: Dict[str, str]


class Places:
    """What there is on disk: files and the directories they lie in."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.files = set(paths)
        self._by_folder: Dict[str, Set[str]] = {}
        for path in self.files:
            while path:
                folder, _, name = path.rpartition("/")
                names = self._by_folder.setdefault(folder, set())
                if name in names:
                    break
                names.add(name)
                path = folder

    def has(self, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        return name in self._by_folder.get(folder, ())

    def names(self, folder: str) -> Set[str]:
        return self._by_folder.get(folder, set())


def named_by(path: str, size: int, kind: Optional[str], places: Places, disk: Places, read: Reader) -> Named:
    """What this file names, among what belongs (`places`). A pointer of a known kind that means nothing on disk, and an index
    without a shard, say so."""
    named = Named(set(), {})
    folder, _, name = path.rpartition("/")
    shard = SHARD.match(path)
    if shard:
        _shards(path, places, named)
    if kind in ("tf-index", "tf-data"):
        _tensorflow_files(path, kind, places, named)
    if kind in TEXT_KINDS and name.endswith(".index.json") and size <= LARGEST_INDEX:
        _index(path, folder, places, read, named)
    elif kind in TEXT_KINDS and size <= LARGEST_POINTER:
        _pointer(folder, name, path, disk, read, named)
    return named


def _join(folder: str, name: str) -> str:
    """Below the directory, or empty for a name that leads out of it."""
    parts: List[str] = folder.split("/") if folder else []
    for part in name.split("/"):
        if part in ("", "."):
            continue
        if part == "..":
            if not parts:
                return ""
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def _shards(path: str, places: Places, named: Named) -> None:
    """All siblings of `x-00002-of-00004`."""
    folder = path.rpartition("/")[0]
    mine = SHARD.match(path.rpartition("/")[2])
    if not mine:
        return
    same = [(int(match.group(2)), name) for name in places.names(folder) for match in [SHARD.match(name)] if match
            and match.group(1) == mine.group(1) and match.group(4) == mine.group(4) and match.group(5) == mine.group(5)]
    named.paths.update(_join(folder, name) for _, name in same)
    total = int(mine.group(4))
    first = 0 if any(number == 0 for number, _ in same) else 1
    there = {number for number, _ in same}
    for number in range(first, min(total, 10000) + first):
        if number not in there:
            name = "%s%05d-of-%s%s" % (mine.group(1), number, mine.group(4), mine.group(5))
            named.missing[_join(folder, name)] = "%s is one of %d" % (mine.group(0), total)


def _tensorflow_files(path: str, kind: str, places: Places, named: Named) -> None:
    """Index and data files need each other."""
    if kind == "tf-data":
        index = re.sub(r"\.data-\d{5}-of-\d{5}$", ".index", path)
        if places.has(index):
            named.paths.add(index)
        else:
            named.missing[index] = "there are data files without their index"
        return
    folder, _, name = path[:-len(".index")].rpartition("/") if path.endswith(".index") else ("", "", "")
    data = [other for other in places.names(folder) if name and other.startswith(name + ".data-")]
    named.paths.update(_join(folder, other) for other in data)
    if name and not data:
        named.missing[_join(folder, name + ".data-00000-of-00001")] = "there is an index without its data files"


def _index(path: str, folder: str, places: Places, read: Reader, named: Named) -> None:
    try:
        shards = set(json.loads((read(path, LARGEST_INDEX) or b"").decode("utf-8"))["weight_map"].values())
    except (ValueError, TypeError, AttributeError):
        named.missing[path] = "the index cannot be read"
        return
    except KeyError:
        return
    for shard in shards:
        place = _join(folder, str(shard))
        if place and place in places.files:
            named.paths.add(place)
        else:
            named.missing[place or str(shard)] = "the index %s names it" % path


def _pointer(folder: str, name: str, path: str, places: Places, read: Reader, named: Named) -> None:
    data = read(path, LARGEST_POINTER)
    try:
        text = (data or b"").decode("utf-8").strip()
    except UnicodeDecodeError:
        return
    if name == "checkpoint" and "model_checkpoint_path:" in text:
        found = re.search(r'(?m)^\s*model_checkpoint_path:\s*"((?:[^"\\]|\\.)*)"', text)
        if found:
            _prefix(folder, found.group(1), path, places, named)
    elif name == "latest_checkpointed_iteration.txt" and text:
        _iteration(folder, text, path, places, named)
    elif text and "\n" not in text:
        place = _place(folder, text, places)
        if place and place != path:
            named.paths.add(place)
        elif name in ("latest", "last_checkpoint") and re.match(r"^[^\s]+$", text) and not _is_part(folder, text, places):
            named.missing[_join(folder, text.rpartition("/")[2]) or text] = "the pointer %s names it" % path


def _place(folder: str, text: str, places: Places) -> str:
    """What a path in a pointer means: as it is, or for one of another directory or machine its last part."""
    for base, name in ((folder, text), ("", text), (folder, text.rstrip("/").rpartition("/")[2])):
        place = "" if name.startswith("/") else _join(base, name)
        if place and places.has(place):
            return place
    return ""


def _is_part(folder: str, text: str, places: Places) -> bool:
    """Whether names there have the text in them as a whole, as `600` means `model_600.pt`, or `epoch_5` means `epoch_5.pt`."""
    word = r"(?<!\d)0*%d(?!\d)" % int(text) if text.isdigit() else r"(?<![0-9A-Za-z])%s(?![0-9A-Za-z])" % re.escape(text)
    return any(re.search(word, name) for name in places.names(folder))


def _prefix(folder: str, target: str, path: str, places: Places, named: Named) -> None:
    for name in (target, target.rpartition("/")[2]):
        prefix = "" if name.startswith("/") else _join(folder, name)
        inside, _, base = prefix.rpartition("/")
        found = [other for other in places.names(inside)
                 if base and (other == base or other == base + ".index" or other.startswith(base + ".data-"))]
        if found:
            named.paths.update(_join(inside, other) for other in found)
            return
    named.missing[_join(folder, target.rpartition("/")[2]) or target] = "the pointer %s names it" % path


def _iteration(folder: str, text: str, path: str, places: Places, named: Named) -> None:
    """Megatron's: the number of an iteration, or `release`."""
    if text.isdigit():
        found = [name for name in places.names(folder) if re.match(r"^iter_0*%d$" % int(text), name)]
        if not found:
            named.missing[_join(folder, "iter_%07d" % int(text))] = "the pointer %s names it" % path
    else:
        found = [text] if text in places.names(folder) else []
    named.paths.update(_join(folder, name) for name in found)
