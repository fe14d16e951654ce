"""Events and log to S3, a segment every few seconds. Never in the way of anything: it may fail and go on later."""
import gzip
import json
from typing import Any, Dict, List

from ..aws.s3 import S3, Location
from ..system import files
from . import run_log
from .run import Run

SEGMENT = 1 << 20


class Shipper:
    def __init__(self, s3: S3, run: Run) -> None:
        self._s3, self._run = s3, run
        store = run.spec["store"]
        self._bucket = store["bucket"]
        self._base = "%s/runs/%s" % (store["run_prefix"].strip("/"), run.id)

    def ship(self) -> bool:
        """Sends what is new; True when everything written so far is in S3.

        The cursor is saved after each segment: one sent twice has the same key and at least the same content.
        """
        with files.locked(self._run.file("ship.lock")):
            cursor = files.read_json(self._run.file("shipped.json")) or {"events": 0, "seq": 0, "log": 0}
            self._events(cursor)
            return self._log(cursor)

    def _put(self, name: str, body: bytes, cursor: Dict[str, Any], **advanced: int) -> None:
        self._s3.call("PUT", Location(self._bucket, "%s/%s" % (self._base, name)), body=body, attempts=4)
        cursor.update(advanced)
        files.write_json(self._run.file("shipped.json"), dict(cursor, schema=1))

    def _events(self, cursor: Dict[str, Any]) -> None:
        with _open(self._run.file("events.jsonl"), cursor["events"]) as file:
            data = file.read() if file else b""
        whole = data[:data.rfind(b"\n") + 1]
        if not whole:
            return
        groups: Dict[int, List[Dict[str, Any]]] = {}
        for line in whole.splitlines():
            try:
                event = json.loads(line.decode("utf-8"))
            except ValueError:
                continue
            groups.setdefault(event["attempt"], []).append(event)
        for attempt, events in sorted(groups.items()):
            body = b"".join(files.to_line(event) for event in events)
            self._put("events/%d/%012d.jsonl" % (attempt, events[0]["seq"]), body, cursor)
        cursor["events"] += len(whole)
        files.write_json(self._run.file("shipped.json"), dict(cursor, schema=1))

    def _log(self, cursor: Dict[str, Any]) -> bool:
        while True:
            base, end = run_log.note(self._run)
            if cursor["log"] >= end:
                return True
            offset = max(base, cursor["log"])
            attempt, limit = run_log.attempt_at(self._run, offset, end)
            data = run_log.read(self._run, base, offset, min(SEGMENT, limit - offset))
            if not data:
                return False
            name = "log/%d/%012d.gz" % (attempt, offset)
            self._put(name, gzip.compress(data, 6), cursor, log=offset + len(data))


class _open:
    """A file from an offset on; None where it does not exist yet."""

    def __init__(self, path: str, offset: int) -> None:
        try:
            self._file: Any = files.opened(path)
            self._file.seek(offset)
        except OSError:
            self._file = None

    def __enter__(self) -> Any:
        return self._file

    def __exit__(self, *_: Any) -> None:
        if self._file:
            self._file.close()
