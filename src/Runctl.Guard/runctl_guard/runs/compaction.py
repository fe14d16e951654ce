"""Puts the small segments of an attempt's log together in S3. A reader finds each byte at any moment.

A large segment is written and read back before the small ones go. Small ones that a guard left when it was killed lie
inside a large one, and go once that is seen to hold their bytes.
"""
import gzip
from typing import Callable, Iterable, List, NamedTuple, Tuple

from ..aws.listing import listing
from ..aws.s3 import S3, Location, S3Error
from ..errors import STORAGE, GuardError
from ..system import files
from ..system.clock import parse_utc
from ..system.guard_log import log_exception
from . import segments
from .run import Run
from .segments import Segment

# Small segments that are put together while the training runs.
MANY = 60
# The most bytes of a segment, packed and unpacked: a guard and a reader hold a whole one in memory.
LARGEST, LONGEST = 4 << 20, 16 << 20


class Plan(NamedTuple):
    """`merged`: neighbours that become one. `held`: segments whose bytes another one has too, after that one."""
    merged: List[List[Segment]]
    held: List[Tuple[Segment, List[Segment]]]


def plan(known: Iterable[Segment]) -> Plan:
    """Each of two or more neighbours at most as large as one segment may be."""
    merged: List[List[Segment]] = []
    held: List[Tuple[Segment, List[Segment]]] = []
    size = 0
    for segment in sorted(known, key=lambda segment: (segment.start, -segment.end)):
        if held and held[-1][0].holds(segment):
            held[-1][1].append(segment)
            continue
        held.append((segment, []))
        last = merged[-1] if merged else []
        if last and last[-1].end == segment.start and size + segment.size <= LARGEST and segment.end - last[0].start <= LONGEST:
            last.append(segment)
            size += segment.size
        else:
            merged.append([segment])
            size = segment.size
    return Plan([group for group in merged if len(group) > 1], [(large, small) for large, small in held if small])


class Compaction:
    """`cancelled` is asked before each segment: at an interruption the network is for the checkpoint."""

    def __init__(self, s3: S3, run: Run, attempt: int, cancelled: Callable[[], bool] = lambda: False, attempts: int = 4) -> None:
        store = run.spec["store"]
        self._s3, self._run, self._attempt = s3, run, attempt
        self._bucket = store["bucket"]
        self._prefix = "%s/runs/%s/log/%d/" % (store["run_prefix"].strip("/"), run.id, attempt)
        self._cancelled, self._attempts = cancelled, attempts

    def run(self) -> bool:
        """False if it was cancelled. Another one of the run that is under way does the same."""
        with files.locked(self._run.file("compaction.lock"), wait=False) as mine:
            if not mine:
                return True
            try:
                return self._compact(plan(self._listed()))
            except S3Error as error:
                if error.status != 403:
                    raise
                self._forbidden(error)
                return True

    def _forbidden(self, error: S3Error) -> None:
        if not any(event["data"].get("id") == "CompactionFailed" and event["attempt"] == self._attempt for event in self._run.events()):
            self._run.warn("CompactionFailed", "The guard cannot put the segments of the log in S3 together: %s" % error.message)

    def _listed(self) -> List[Segment]:
        found: List[Segment] = []
        for key, listed in listing(self._s3, self._bucket, self._prefix, self._attempts).items():
            place = segments.range_of(key[len(self._prefix):])
            if place:
                found.append(Segment(place[0], place[1], listed.size, parse_utc(listed.modified)))
        return found

    def _compact(self, planned: Plan) -> bool:
        for large, small in planned.held:
            if self._cancelled():
                return False
            self._passing_over_damage(lambda: self._drop(large, small))
        for group in planned.merged:
            if self._cancelled():
                return False
            self._passing_over_damage(lambda: self._merge(group))
        return True

    def _passing_over_damage(self, act: Callable[[], None]) -> None:
        """What is no segment of ours stays as it is, and keeps no other from its turn."""
        try:
            act()
        except (ValueError, EOFError):
            log_exception()

    def _drop(self, large: Segment, small: List[Segment]) -> None:
        whole = self._unpacked(large)
        for segment in small:
            if self._unpacked(segment) != whole[segment.start - large.start:segment.end - large.start]:
                raise ValueError("%s does not hold what %s has" % (large.name, segment.name))
            self._delete(segment)

    def _unpacked(self, segment: Segment) -> bytes:
        return gzip.decompress(self._body(segment))

    def _merge(self, group: List[Segment]) -> None:
        bodies: List[bytes] = []
        for segment in group:
            if self._cancelled():
                return
            bodies.append(segments.stamped(self._body(segment), segment.taken))
        body = b"".join(bodies)
        large = Segment(group[0].start, group[-1].end, len(body), 0.0)
        self._s3.call("PUT", self._at(large), body=body, attempts=self._attempts)
        if self._get(large) != body:
            raise GuardError("SegmentDamaged", "S3 does not hold %s as it was sent." % self._at(large).uri(), STORAGE)
        # The first one goes first: a reader that misses the last one it has read looks for the large one.
        for segment in group:
            self._delete(segment)

    def _body(self, segment: Segment) -> bytes:
        body = self._get(segment)
        if segments.length_of(body) != segment.end - segment.start:
            raise ValueError("%s holds other bytes than its name says" % self._at(segment).uri())
        return body

    def _get(self, segment: Segment) -> bytes:
        return self._s3.call("GET", self._at(segment), attempts=self._attempts).body

    def _delete(self, segment: Segment) -> None:
        self._s3.call("DELETE", self._at(segment), attempts=self._attempts)

    def _at(self, segment: Segment) -> Location:
        return Location(self._bucket, self._prefix + segment.name)
