"""What the observation of the checkpoint directory tells about processes and saves: the seam between the two."""
import os
from typing import Callable, Dict, FrozenSet, NamedTuple, Set, Tuple

from ..checkpoints.names import is_staging
from ..checkpoints.selection import RunCheckpoints
from ..checkpoints.uploads import Uploads
from ..system import processes
from .facts import Key
from .telling import Saves


class Observed(NamedTuple):
    """`writers`: processes of the machine that were seen with a weight file open for writing, and `writing` those files now,
    by pid. `written`: bytes of weight files that are new since the look before. `complete`: saves that ended so far. `looks`: how
    often the directory was looked at."""
    writers: FrozenSet[Key] = frozenset()
    writing: Dict[int, Tuple[str, ...]] = {}
    written: int = 0
    saves: Saves = Saves()
    complete: int = 0
    looks: int = 0


class CheckpointLook:
    """Reads the observation; the mirror, or the sequence, makes the looks."""

    def __init__(self, uploads: Callable[[], Uploads]) -> None:
        self._find = uploads
        self._writers: Set[Key] = set()
        self._bytes = 0

    @property
    def _uploads(self) -> Uploads:
        return self._find()

    @property
    def _checkpoints(self) -> RunCheckpoints:
        return self._find().checkpoints

    def __call__(self) -> Observed:
        self._checkpoints.watch.look()
        return self.so_far()

    def so_far(self) -> Observed:
        """What was seen so far, by a guard before this one too, without a look."""
        watch = self._checkpoints.watch
        watch.recall()
        with watch.lock:
            seen = watch.seen
            writing: Dict[int, Tuple[str, ...]] = {}
            for pid, paths in watch.writing.items():
                weights = [path for path in paths if path in seen.files and seen.is_weight(path)]
                process = processes.read(pid) if weights else None
                if process is not None:
                    self._writers.add((pid, process.start))
                    writing[pid] = tuple(os.path.join(watch.directory, path) for path in weights)
            written, self._bytes = max(0, seen.weight_bytes - self._bytes), seen.weight_bytes
            return Observed(frozenset(self._writers), writing, written, self._saves(self._checkpoints), seen.beats_done,
                            seen.looks)

    def real_directory(self) -> str:
        return self._checkpoints.watch.real_directory()

    def counts(self, path: str) -> bool:
        """Whether this file below the directory may be part of a checkpoint, or become one, and is no log."""
        watch = self._checkpoints.watch
        with watch.lock:
            return (watch.seen.belongs(path) or is_staging(path)) and not (
                path in watch.seen.files and watch.seen.is_running(path))

    def _saves(self, checkpoints: RunCheckpoints) -> Saves:
        seen = checkpoints.watch.seen
        begins = seen.beats
        interval = begins[-1] - begins[-2] if len(begins) > 1 else None
        since = seen.time - begins[-1] if begins else 0.0
        longest = max((save.ended - save.began for save in seen.saves), default=0.0)
        return Saves(interval, longest, since, seen.beating, self._is_safe())

    def _is_safe(self) -> bool:
        """The newest complete set is in S3 or copied, or the training does not write in place."""
        checkpoints, store = self._checkpoints, self._uploads.store
        seen = checkpoints.watch.seen
        if not seen.beats_done:
            return False
        weights = [record for path, record in seen.files.items() if record.save and seen.is_weight(path)]
        if not any(record.prior for record in weights):
            return True
        return bool(weights) and all(checkpoints.copies.has(record.version) or bool(store and store.has(record.version))
                                     for record in weights)
