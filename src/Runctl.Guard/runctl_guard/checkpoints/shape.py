"""Whether what is read as a manifest has the form of one. All that may be wrong with it alone is found here, before anything
of it is used."""
from typing import Any, Dict, List

from ..system.clock import parse_utc
from ..system.paths import MOST_BYTES, MOST_PARTS, is_too_long
from .names import STAGING, above_of, is_text
from .sets import CURRENT, OLDER, SAVE

CLASSES = (SAVE, CURRENT, OLDER)
# As deep as a session reads JSON.
MOST_NESTED = 64
# A part of a path on Linux, the target of a link, and more than S3 takes for one object.
MOST_OF_NAME = 255
MOST_OF_LINK = 4095
MOST_OF_FILE = 1 << 46


def checked(body: Any) -> Dict[str, Any]:
    """As schema 2, whichever it is. ValueError, KeyError, TypeError or UnicodeError for what is no manifest."""
    _check_nesting(body)
    schema = _whole(body["schema"], 2)
    files = body["files"]
    _require(isinstance(files, list) and files and all(isinstance(entry, dict) for entry in files), "its files are no list")
    name = _path(body["name"])
    if schema == 1:
        inside = body["kind"] == "directory"
        files = [dict(entry, path="%s/%s" % (name, _text(entry["path"])) if inside else name, **{"class": SAVE}) for entry in files]
        body = dict(body, head=name, complete=True, missing=[])
    _require(schema > 0, "its schema is 0")
    _require(0 <= parse_utc(_text(body["saved_at"])) < 1 << 38, "its time is impossible")
    for number in ("step", "last_step"):
        _require(body.get(number) is None or _whole(body[number]) >= 0, "its step is no number")
    _require(body.get("run_id") is None or _text(body["run_id"]), "its run is no text")
    entries = [_entry(entry) for entry in files]
    _check_tree([entry["path"] for entry in entries])
    return dict(body, name=name, head=_path(body["head"]), files=entries)


def _entry(entry: Dict[str, Any]) -> Dict[str, Any]:
    _require(entry["class"] in CLASSES, "a file of it has no class")
    found = {"path": _path(entry["path"]), "class": entry["class"]}
    if entry.get("link") is not None:
        _require(is_text(_text(entry["link"], MOST_OF_LINK)), "a link of it leads to what is no plain text")
        return dict(found, link=entry["link"])
    return dict(found, key=_text(entry["key"]), size=_whole(entry["size"], MOST_OF_FILE), crc32=_text(entry["crc32"]))


def _path(path: Any) -> str:
    """Where it leads is not looked at here: a name that leads out is told of as such."""
    parts = _text(path).split("/")
    _require(not is_too_long(path), "a path of it has more than %d parts or %d bytes" % (MOST_PARTS, MOST_BYTES))
    _require(all(len(part.encode("utf-8")) <= MOST_OF_NAME for part in parts), "a part of a path of it is too long")
    _require(is_text(path), "a path of it is no plain text")
    _require(parts[0] != STAGING, "a path of it is that of a restore under way")
    return str(path)


def _check_tree(paths: List[str]) -> None:
    known = set(paths)
    _require(len(known) == len(paths), "it names a file twice")
    for path in paths:
        _require(not known.intersection(above_of(path)), "a path of it lies below a file or a link")


def _check_nesting(body: Any) -> None:
    level, depth = [body], 0
    while level:
        depth += 1
        _require(depth <= MOST_NESTED, "it is nested too deep")
        level = [inner for one in level if isinstance(one, (dict, list)) for inner in (one.values() if isinstance(one, dict) else one)]


def _text(value: Any, most: int = MOST_BYTES) -> str:
    _require(isinstance(value, str) and 0 < len(value.encode("utf-8")) <= most and "\0" not in value, "a text of it is "
             "missing or too long")
    return str(value)


def _whole(value: Any, most: int = (1 << 63) - 1) -> int:
    """`True` is a number, for Python."""
    _require(isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most, "a number of it is missing or impossible")
    return int(value)


def _require(holds: Any, what: str) -> None:
    if not holds:
        raise ValueError(what)
