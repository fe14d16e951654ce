"""One look at the checkpoint directory, and what is kept of each file from look to look. Plain data."""
import os
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple

Inode = Tuple[int, int]


class Entry(NamedTuple):
    """One name below the checkpoint directory. `type` is file, dir, link (to something in the directory), dangling or
    other. `target` is the path a link leads to. `grew`: only added to since the version before."""
    type: str
    dev: int = 0
    ino: int = 0
    size: int = 0
    mtime_ns: int = 0
    target: Optional[str] = None
    kind: Optional[str] = None
    grew: bool = False

    def version(self) -> str:
        if self.type == "file":
            return "%d-%d-%d-%d" % (self.dev, self.ino, self.size, self.mtime_ns)
        return "%s:%s" % (self.type, self.ino if self.type == "dir" else self.target or "")


class Look(NamedTuple):
    """`entries` are all of them, or with `gone` given only what has changed. `writing`: the files open for writing or
    mapped writable; None if that was not asked. `final`: decide with what is known, nothing more will come."""
    time: float
    entries: Dict[str, Entry]
    gone: Optional[Iterable[str]] = None
    writing: Optional[Iterable[Inode]] = ()
    alive: bool = True
    killed: bool = False
    step: Optional[int] = None
    final: bool = False


def version_of(stat: os.stat_result) -> str:
    """The version of a file as an entry tells it."""
    return "%d-%d-%d-%d" % (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns)


class Record:
    """The version that a path has now. `first`: when this version was seen under this name. `began`: when its writing
    was, under any name. `save`: the number of the save it belongs to, 0 for what was restored. `step`: the last one
    reported before. `origin`: before, restored or new. `prior`: save, version and size of what it replaced. `again`: that
    was closed already."""
    __slots__ = ("version", "type", "dev", "ino", "size", "mtime_ns", "target", "kind", "first", "began", "save",
                 "origin", "changes", "opened", "cut", "step", "grown", "larger", "again", "prior", "added")

    def __init__(self, **values: Any) -> None:
        for name in self.__slots__:
            setattr(self, name, values.get(name))

    def facts(self) -> List[Any]:
        """What is kept of a version that may be overwritten: version, size, time, when its writing began, step."""
        return [self.version, self.size, self.mtime_ns, self.began, self.step]

    def values(self) -> List[Any]:
        return [getattr(self, name) for name in self.__slots__]

    @property
    def inode(self) -> Inode:
        return (self.dev, self.ino)
