"""Which checkpoint counts: the newest good one, and if its save may have been cut off, the one before."""
import copy
from typing import Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional

from .completeness import GOES_ON, incomplete, torn
from .history import Save
from .observation import Observation
from .rounds import as_it_is, is_burst, without_last_rounds
from .sets import CURRENT, SAVE, CheckpointSet, SetFile, build, under


OVERWRITTEN = "it was overwritten or deleted"


class Refused(NamedTuple):
    checkpoint: CheckpointSet
    path: str
    reason: str


class Choice(NamedTuple):
    """`doubt`: why the chosen one may have been cut off, if nothing better is there."""
    chosen: Optional[CheckpointSet]
    refused: List[Refused]
    doubt: Optional[str] = None


# Raises nothing; the reason why a file of the set is not what it claims to be, by path.
Prover = Callable[[CheckpointSet], Dict[str, str]]


def kept_saves(seen: Observation, provisional: bool = False) -> Iterator[Save]:
    """The last saves, the newest first; one that is a burst of several is followed by what it was before its last rounds. With
    `provisional` the save that is going on comes first. Looks may go on between two of them."""
    if provisional:
        yield from so_far(seen)
    for save in reversed(seen.saves):
        yield save
        if is_burst(seen, save):
            yield from without_last_rounds(seen, save)


def so_far(seen: Observation) -> List[Save]:
    """The save that is going on: as it is, if nothing is being written, and as it was before its last round began."""
    if seen.current is None:
        return []
    save = as_it_is(seen, seen.current)
    save.provisional = True
    save.opened, save.head = sorted(seen.opened), copy.copy(seen.head)
    earlier = without_last_rounds(seen, save)
    for one in earlier:
        one.provisional = False
    return ([] if seen.is_busy() else [save]) + earlier


class Prepared(NamedTuple):
    """A candidate with what the history tells of it: what it lacks, and why its save may have been cut off."""
    checkpoint: CheckpointSet
    lacks: Dict[str, str]
    torn: Optional[str]


def prepare(seen: Observation, save: Save, read: Callable[[str, str, int], Optional[bytes]],
            available: Callable[[SetFile], bool]) -> Optional[Prepared]:
    """None if the save holds no checkpoint, or looks have forgotten it meanwhile. `available`: whether a file can still be had,
    from the disk, from a copy or from S3. Reads no more than small files."""
    known = any(save.number == one.number for one in seen.saves + [seen.current] if one is not None)
    checkpoint = build(seen, save, read) if known else None
    if checkpoint is None:
        return None
    lacks = incomplete(seen, checkpoint)
    for file in checkpoint.part(SAVE, CURRENT):
        # Without the path that a script goes on from, what the save wrote is of no use.
        if (file.part == SAVE or under(file.path, checkpoint.head)) and not available(file):
            lacks[file.path] = OVERWRITTEN
    return Prepared(checkpoint, lacks, torn(seen, checkpoint.save))


def decide(prepared: Iterable[Prepared], available: Callable[[SetFile], bool], prove: Prover = lambda checkpoint: {},
           newest_only: bool = False) -> Choice:
    """The first good one; those after it are not asked for. `prove` may read for long. With `newest_only` a refusal of the last
    save is the end."""
    refused: List[Refused] = []
    doubtful: Optional[CheckpointSet] = None
    doubt: Optional[str] = None
    for checkpoint, lacks, reason in prepared:
        lacks = lacks or prove(checkpoint)
        if lacks:
            path = sorted(lacks)[0]
            refused.append(Refused(checkpoint, path, lacks[path]))
            if newest_only:
                break
            continue
        if reason is None:
            if doubtful is not None and doubt is not None and not doubt.startswith(GOES_ON):
                refused.append(Refused(doubtful, doubtful.head, doubt))
            return Choice(without(checkpoint, available), refused)
        doubtful, doubt = doubtful or checkpoint, doubt or reason
    return Choice(doubtful and without(doubtful, available), refused, doubt)


def without(checkpoint: CheckpointSet, available: Callable[[SetFile], bool]) -> CheckpointSet:
    """What is current and cannot be had is left out, and listed as missing."""
    lost = [file for file in checkpoint.part(CURRENT) if not available(file)]
    if not lost:
        return checkpoint
    missing = dict(checkpoint.missing, **{file.path: OVERWRITTEN for file in lost})
    return checkpoint._replace(files=[file for file in checkpoint.files if file not in lost], missing=missing)


