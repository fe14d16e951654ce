"""What is known of a run's saves, beside the versions of its files."""
from typing import Any, Dict, List, Optional, Set

from .file_history import FileHistory
from .names import Settings


class Save:
    """`paths` are what it wrote as far as they still are there; `files` are their versions and sizes when it ended.
    `shape`: for each pattern of units what its last units consisted of. `settled`: it ended because nothing was written
    any more."""

    def __init__(self, number: int, now: float) -> None:
        self.number = number
        self.began = self.since = self.last = self.ended = now
        self.slow = 0.0
        self.settled = False
        # It may go on: what it wrote so far may be copied, and is not committed.
        self.provisional = False
        self.paths: Set[str] = set()
        self.files: Dict[str, List[Any]] = {}
        self.shape: Dict[str, List[Dict[str, int]]] = {}

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
        # Bytes of weight files that were new, in all looks.
        self.weight_bytes = 0
