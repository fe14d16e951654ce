"""Which checkpoint of an attempt counts now, opened and proven; and where each version of a file can be read from."""
import os
import time
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple, TypeVar

from ..errors import GuardError
from ..runs.run import Run
from ..system.user_files import open_readable
from ..system.users import User
from ..system.waiting import Calls, attended
from . import choice
from .choice import OVERWRITTEN, Refused
from .completeness import WRITING, cut_off
from .kinds import WEIGHT_KINDS
from .looks import version_of
from .names import Settings, pattern_of
from .observation import Observation
from .opened import OpenedCheckpoint, open_checkpoint, prove_all
from .scan import Scanner
from .sets import CheckpointSet, SetFile, build
from .snapshots import Copies
from .store import CheckpointStore
from .watch import CheckpointWatch

MOST_CACHED = 8 << 20
# Reasons that say nothing against what was saved: the training goes on with its files.
CHANGED = "it was changed while it was read"
PASSING = (CHANGED, OVERWRITTEN, WRITING)

Result = TypeVar("Result")
# Gets path, version and limit; None if it cannot be read.
Read = Callable[[str, str, int], Optional[bytes]]
# What was read of versions of small files; None for one that cannot be read.
Texts = Dict[str, Optional[bytes]]


class Chosen(NamedTuple):
    """`doubt`: why its save may have been cut off, where nothing better is there."""
    checkpoint: CheckpointSet
    opened: OpenedCheckpoint
    doubt: Optional[str]


class RunCheckpoints:
    """The checkpoints of one run: what was seen of them, their copies, and what S3 has."""

    def __init__(self, run: Run, watch: Optional[CheckpointWatch] = None) -> None:
        self.run = run
        self.watch = watch or CheckpointWatch(run)
        self.copies = Copies(run)
        self._texts: Dict[str, bytes] = {}

    def choose(self, store: Optional[CheckpointStore], reject: Callable[[Refused], None] = lambda refused: None,
               enough_time: Callable[[], bool] = lambda: True, newest_only: bool = False,
               provisional: bool = False) -> Optional[Chosen]:
        """The newest good one. Close what it opened."""
        opened: Dict[str, OpenedCheckpoint] = {}
        self.watch.load()

        def prove(checkpoint: CheckpointSet) -> Dict[str, str]:
            with self.watch.lock:
                proven = self._prover(checkpoint, enough_time)
            try:
                files = opened[checkpoint.name()] = self.open(checkpoint, store)
            except GuardError as error:
                return {str(error.target or checkpoint.head): CHANGED if error.id == "CheckpointChanged" else error.message}
            return proven(files)
        found = choice.decide(self._prepared(store, provisional), lambda file: self._available(file, store), prove, newest_only)
        for refused in found.refused:
            reject(refused)
        chosen = None
        for name, files in opened.items():
            if found.chosen is not None and files.checkpoint.save is found.chosen.save:
                files.checkpoint = found.chosen
                chosen = Chosen(found.chosen, files, found.doubt)
            else:
                files.close()
        return chosen

    def _prepared(self, store: Optional[CheckpointStore], provisional: bool) -> Iterator[choice.Prepared]:
        """One save after the other, each under the lock for a moment. Looks go on between them: a proof may read for long."""
        seen = self.watch.seen
        known: Texts = {}
        saves = choice.kept_saves(seen, provisional)
        while True:
            with self.watch.lock:
                save = next(saves, None)
            if save is None:
                return
            prepared = self.with_texts(store, lambda read, save=save: choice.prepare(
                seen, save, read, lambda file: self._available(file, store)), known)
            if prepared is not None:
                yield prepared

    def _prover(self, checkpoint: CheckpointSet, enough_time: Callable[[], bool]) -> Callable[[OpenedCheckpoint], Dict[str, str]]:
        """Proves its files by what is known of them now."""
        seen, paths = self.watch.seen, [file.path for file in checkpoint.files]
        # Of what was deleted since, and lies in a copy, the pattern tells.
        kinds = {path: seen.files[path].kind if path in seen.files else seen.kinds.get(pattern_of(path)) for path in paths}
        weights = {path for path in paths if (seen.is_weight(path) if path in seen.files else kinds[path] in WEIGHT_KINDS)}
        cut = set(cut_off(seen, checkpoint))
        return lambda opened: prove_all(opened, kinds.get, lambda path: path in weights, cut, enough_time)

    def open_proven(self, checkpoint: CheckpointSet, store: Optional[CheckpointStore],
                    enough_time: Callable[[], bool]) -> Optional[OpenedCheckpoint]:
        """None if a file of its save is not what it claims to be."""
        with self.watch.lock:
            prove = self._prover(checkpoint, enough_time)
        opened = self.open(checkpoint, store)
        if prove(opened):
            opened.close()
            return None
        return opened

    def open_again(self, opened: OpenedCheckpoint, store: Optional[CheckpointStore], older: bool = False) -> OpenedCheckpoint:
        """The same versions, opened anew if they were closed: what was proven of them holds."""
        if not opened.closed:
            return opened
        again = self.open(opened.checkpoint, store, older)
        again.validation = opened.validation
        return again

    def open(self, checkpoint: CheckpointSet, store: Optional[CheckpointStore], older: bool = False) -> OpenedCheckpoint:
        return open_checkpoint(checkpoint, self.watch.directory, self.watch.user, self.copies.paths(),
                               store.has if store else lambda version: False, older)

    def _available(self, file: SetFile, store: Optional[CheckpointStore]) -> bool:
        return file.here or file.link is not None or self.copies.has(file.version) or bool(store and store.has(file.version))

    def with_texts(self, store: Optional[CheckpointStore], act: Callable[[Read], Result], known: Optional[Texts] = None) -> Result:
        """What `act` makes of what was seen, under the lock of the looks, and of the small files that it asks for. These are read
        without the lock, as neither a file nor S3 has to answer soon, and then it is done again. `known`: what was read before."""
        known = {} if known is None else known
        while True:
            wanted: Dict[str, Tuple[str, int]] = {}

            def read(path: str, version: str, limit: int) -> Optional[bytes]:
                if version not in known:
                    wanted[version] = path, limit
                text = known.get(version)
                return None if text is None else text[:limit]
            with self.watch.lock:
                result = act(read)
            if not wanted:
                return result
            for version, (path, limit) in wanted.items():
                known[version] = self._text(path, version, limit, store)

    def _text(self, path: str, version: str, limit: int, store: Optional[CheckpointStore]) -> Optional[bytes]:
        """The beginning of a version of a small file, wherever it can be had."""
        data = self._texts.get(version)
        if data is None:
            data = self._read(path, version, limit, store)
            if data is not None:
                if sum(map(len, self._texts.values())) > MOST_CACHED:
                    self._texts.clear()
                self._texts[version] = data
        return data

    def _read(self, path: str, version: str, limit: int, store: Optional[CheckpointStore]) -> Optional[bytes]:
        copy = self.copies.paths().get(version)
        record = self.watch.seen.files.get(path)
        try:
            if copy is None and (record is None or record.version != version):
                return store.read(version) if store else None
            place = copy or os.path.join(self.watch.directory, path)
            return attended(lambda calls: _beginning(place, None if copy else self.watch.user, limit,
                                                     None if copy else version, calls))
        except OSError:
            return None


def _beginning(path: str, user: Optional[User], limit: int, version: Optional[str], calls: Calls) -> Optional[bytes]:
    """None if the file is not of that version any more."""
    descriptor = open_readable(path, user, calls)
    try:
        if version is not None and version != version_of(calls.call(path, os.fstat, descriptor)):
            return None
        return calls.read(path, descriptor, limit, 0)
    finally:
        os.close(descriptor)


def survey(directory: str, settings: Settings, user: Optional[User]) -> Optional[CheckpointSet]:
    """The newest checkpoint in a directory whose history is not known, by the times of its files."""
    seen = Observation(settings)
    seen.final = True
    seen.begin(Scanner(directory, user).scan(whole=True).changed, 0.0, ours=lambda path, entry: True)

    def read(path: str, version: str, limit: int) -> Optional[bytes]:
        try:
            return attended(lambda calls: _beginning(os.path.join(directory, path), user, limit, None, calls))
        except OSError:
            return None
    return next(filter(None, (build(seen, save, read) for save in choice.kept_saves(seen))), None)


def order_of(run: Run, checkpoint: CheckpointSet) -> float:
    """Grows with every save of the run, over all attempts, whatever is done to the clock."""
    return float(run.state.get("attempt") or 0) * 1e6 + checkpoint.save.number


def saved_after(checkpoint: CheckpointSet, signalled: Optional[Dict[str, float]]) -> bool:
    """Whether the save of the head began after the signal: by what was seen, and by the times of its files."""
    return bool(signalled and checkpoint.saved_ns / 1e9 >= signalled["at"] - 0.05
                and checkpoint.began >= signalled["seen"])


def stopwatch(seconds: Optional[float]) -> Callable[[], bool]:
    """A function that is true until so many seconds have passed; always where there is no limit."""
    end = None if seconds is None else time.monotonic() + seconds
    return lambda: end is None or time.monotonic() < end


def reasons(refused: List[Refused]) -> List[str]:
    return ["%s: %s" % (one.path, one.reason) for one in refused]
