"""Events and log to S3, in segments. Never in the way of anything: it may fail and go on later."""
import json
import os
from typing import Any, Dict, List, NamedTuple

from ..aws.s3 import S3, Location
from ..system import files
from ..system.guard_log import best_effort
from . import run_log, segments
from .compaction import MANY
from .pace import FULL, Waiting
from .run import Run

# From this size on a segment of events is not written again.
EVENTS = 1 << 16
# A segment of which less than this part lies on the disk is thin. After so many of them the guard takes only the end of the log:
# the bytes between holes are no output of a training, and each would cost a request.
THIN, MOST_THIN = 16, 8
# They come with every save. Only monitors act on them, and these ask the guard.
ROUTINE = ("CheckpointSaved", "CheckpointUploaded", "CheckpointRejected")


class _Group(NamedTuple):
    """Events of one attempt that follow each other: where they begin in the file, the number of the first, and all of them."""
    attempt: int
    begin: int
    first: int
    lines: List[bytes]


class Shipper:
    def __init__(self, s3: S3, run: Run) -> None:
        self._s3, self._run = s3, run
        store = run.spec["store"]
        self._bucket = store["bucket"]
        self._base = "%s/runs/%s" % (store["run_prefix"].strip("/"), run.id)

    def waiting(self) -> Waiting:
        """What S3 does not have yet."""
        cursor = self._cursor()
        new = _new_events(self._run, cursor["events"])
        return Waiting(run_log.extent(self._run)[1] - cursor["log"], len(new), any(event["kind"] not in ROUTINE for event in new))

    def many(self) -> bool:
        """Whether there are enough segments to put them together."""
        return self._cursor()["loose"] >= MANY

    def put_together(self) -> None:
        """Notes that it was done."""
        with files.locked(self._run.file("ship.lock")):
            self._note(self._cursor(), loose=0)

    def ship(self, only_full: bool = False) -> bool:
        """Sends what is new, or full segments of the log only; True when everything written so far is in S3.

        The cursor is saved after each segment. One that is sent twice holds at least as much the second time: it has
        the same name, or the bytes of the first one are in it too.
        """
        with files.locked(self._run.file("ship.lock")):
            cursor = self._cursor()
            if not only_full:
                self._events(cursor)
            return self._log(cursor, only_full)

    def _cursor(self) -> Dict[str, Any]:
        """How far events and log are in S3, where the events begin that are written again, segments since the last compaction, and thin
        segments."""
        cursor = dict({"events": 0, "log": 0, "loose": 0, "thin": 0}, **(files.read_json(self._run.file("shipped.json")) or {}))
        cursor.setdefault("open", cursor["events"])
        return cursor

    def _put(self, name: str, body: bytes) -> None:
        self._s3.call("PUT", Location(self._bucket, "%s/%s" % (self._base, name)), body=body, attempts=4)

    def _note(self, cursor: Dict[str, Any], **advanced: int) -> None:
        cursor.update(advanced)
        files.write_json(self._run.file("shipped.json"), dict(cursor, schema=1))

    def _events(self, cursor: Dict[str, Any]) -> None:
        """The last segment of an attempt is written again, longer, until it is full: the requests are the same, and the objects few."""
        begin, groups = cursor["open"], []  # type: int, List[_Group]
        data = _lines(self._run.file("events.jsonl"), begin)
        end = begin + len(data)
        if end <= cursor["events"]:
            return
        for line in data.splitlines(True):
            event = _parsed(line)
            if event and (not groups or groups[-1].attempt != event["attempt"]):
                groups.append(_Group(event["attempt"], begin, event["seq"], []))
            if event:
                groups[-1].lines.append(line)
            begin += len(line)
        for group in groups:
            self._put("events/%d/%012d.jsonl" % (group.attempt, group.first), b"".join(group.lines))
        is_open = bool(groups) and end - groups[-1].begin < EVENTS
        self._note(cursor, events=end, open=groups[-1].begin if is_open else end)

    def _log(self, cursor: Dict[str, Any], only_full: bool) -> bool:
        while True:
            base, end = run_log.note(self._run)
            if cursor["log"] >= end:
                return True
            offset = max(base, cursor["log"])
            attempt, limit = run_log.attempt_at(self._run, offset, end)
            if only_full and limit - offset <= FULL:
                return False
            following = run_log.after_gap(self._run, base, offset, limit)
            while cursor["thin"] >= MOST_THIN and limit - following > FULL and self._is_thin(base, following, limit):
                following = run_log.after_gap(self._run, base, following + FULL, limit)
            if following > offset:
                self._tell_gap(following - offset)
                self._note(cursor, log=following)
                continue
            data = run_log.read(self._run, base, offset, min(FULL, limit - offset))
            if not data:
                return False
            after = offset + len(data)
            thin = cursor["thin"] + self._is_thin(base, offset, after)
            self._put("log/%d/%s" % (attempt, segments.name_of(offset, after)), segments.part_of(data))
            self._note(cursor, log=after, loose=cursor["loose"] + 1, thin=thin)

    def _is_thin(self, base: int, offset: int, limit: int) -> bool:
        end = min(limit, offset + FULL)
        return THIN * run_log.occupied(self._run, base, offset, end) < end - offset

    def _tell_gap(self, size: int) -> None:
        """Once an attempt."""
        run = self._run
        attempt = run.state.get("attempt")
        if not any(event["data"].get("id") == "LogGap" and event["attempt"] == attempt for event in run.events()):
            best_effort(lambda: run.warn(
                "LogGap", "The file of the log became longer without a write: the guard leaves out %d bytes that are empty, or nearly. "
                "Look in the training, and in what it starts, for a change of the size of its output (truncate)." % size, bytes=size))


def _new_events(run: Run, begin: int) -> List[Dict[str, Any]]:
    path = run.file("events.jsonl")
    try:
        if os.path.getsize(path) <= begin:
            return []
    except OSError:
        return []
    return [event for event in map(_parsed, _lines(path, begin).splitlines()) if event]


def _lines(path: str, begin: int) -> bytes:
    """The whole lines from a line's begin on; none if there is no such file."""
    try:
        with files.opened(path) as file:
            file.seek(begin)
            data = file.read()
    except OSError:
        return b""
    return data[:data.rfind(b"\n") + 1]


def _parsed(line: bytes) -> Dict[str, Any]:
    try:
        event = json.loads(line.decode("utf-8"))
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}
