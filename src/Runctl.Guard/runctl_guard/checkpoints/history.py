"""What is known of a run's saves, beside the versions of its files."""
import contextlib
from typing import Any, Dict, Iterator, List, Optional, Set

from .file_history import FileHistory
from .names import Settings


class Save:
    """`paths` are what it wrote as far as they still are there; `files` are the facts of their versions when it ended.
    `shape`: for each pattern of units what its last units consisted of. `settled`: it ended because nothing was written
    any more."""

    def __init__(self, number: int, now: float) -> None:
        self.number = number
        self.began = self.since = self.last = self.ended = now
        self.slow = 0.0
        self.settled = False
        # It is some rounds of a burst that went on.
        self.cut = False
        # A file of it was open when the training was told.
        self.through = False
        # It may go on: what it wrote so far may be copied, and is not committed.
        self.provisional = False
        # What was looked into, and what the head was, when it ended.
        self.opened: List[str] = []
        self.head: Optional[Dict[str, Any]] = None
        self.paths: Set[str] = set()
        # At how many looks a weight file of each pattern came.
        self.came: Dict[str, int] = {}
        self.files: Dict[str, List[Any]] = {}
        self.shape: Dict[str, List[Dict[str, int]]] = {}
        # How many units of each pattern it wrote.
        self.units: Dict[str, int] = {}

    def to_state(self) -> Dict[str, Any]:
        return dict(self.__dict__, paths=sorted(self.paths))

    @classmethod
    def from_state(cls, state: Dict[str, Any]) -> "Save":
        self = cls(state["number"], state["began"])
        self.__dict__.update(state, paths=set(state["paths"]))
        return self


class History(FileHistory):
    def __init__(self, settings: Settings = Settings()) -> None:
        super().__init__(settings)
        self.saves: List[Save] = []
        self.current: Optional[Save] = None
        self.number = 0
        # Directories that are looked into, and by which save the first weight file came into a directory.
        self.opened: Set[str] = set()
        self.made: Dict[str, int] = {}
        # When the last saves ended.
        self.ends: List[float] = []
        self.head: Optional[Dict[str, Any]] = None
        self.died: Optional[Dict[str, Any]] = None
        # Time of the signal in nanoseconds, and whether what was written after it was seen.
        self.told: Optional[int] = None
        self.split = False
        # When writing began, how often it has ended, and whether it goes on.
        self.beats: List[float] = []
        self.beats_done, self.beating = 0, False
        # Bytes of weight files that were new, in all looks.
        self.weight_bytes = 0

    @contextlib.contextmanager
    def as_of(self, save: Save) -> Iterator[None]:
        """With units and head as they were at the end of that save: a later one, that is refused, changes nothing."""
        before = self.opened, self.head
        self.opened, self.head = set(save.opened), save.head
        try:
            yield
        finally:
            self.opened, self.head = before
