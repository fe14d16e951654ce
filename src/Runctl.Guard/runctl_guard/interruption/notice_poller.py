"""Asks the metadata service for the interruption notice, on time, whatever else happens."""
import os
import time
from typing import Any, Callable, Dict, Optional

from ..aws.imds import Imds, Reading
from ..system import files, paths
from ..system.clock import boot_id
from ..system.guard_log import best_effort, log_exception
from .notice import Notice, NoticeLatch
from .triggers import Trigger

REBALANCE_SECONDS = 5.0
# A single lost answer is nothing.
UNKNOWN_SECONDS = 3.0
UNKNOWN = {"disabled": "The metadata service is disabled on this instance: no interruption notice can be seen.",
           "unreachable": "The metadata service does not answer: whether there is an interruption notice is not known.",
           "error": "The metadata service answers with errors: whether there is an interruption notice is not known."}


class Poller:
    """`noticed` gets a Trigger once per notice; `told` gets other events (kind, message, data)."""

    def __init__(self, imds: Imds, noticed: Callable[[Trigger], None],
                 told: Callable[[str, str, Dict[str, Any]], None]) -> None:
        self._imds, self._noticed, self._told = imds, noticed, told
        self._file = os.path.join(paths.home(), "notice.json")
        kept = files.read_json(self._file) or {}
        self._kept = kept if kept.get("boot_id") == boot_id() else {}
        self._latch = NoticeLatch(self._kept.get("time"), self._kept.get("deadline"))
        self._last_clear: Optional[float] = None
        self._unknown_since: Optional[float] = None
        self._rebalance: Optional[str] = None
        self._rebalance_due = 0.0
        self.status: Optional[str] = None

    def run(self, interval: Callable[[], float]) -> None:
        following, pause = time.monotonic(), 1.0
        while True:
            try:
                self.poll()
            except Exception:  # The poll goes on, whatever came.
                log_exception()
            try:
                pause = interval()
            except Exception:
                log_exception()
            following = max(following + pause, time.monotonic() + 0.05)
            time.sleep(max(0.0, following - time.monotonic()))

    def poll(self) -> None:
        reading = self._imds.notice()
        now = time.monotonic()
        before = self._latch.latched
        found = self._latch.feed(reading.status, reading.json() if reading.status == "ok" else None,
                                 time.time() + reading.clock_offset, now)
        if isinstance(found, Notice):
            seen_for = now - self._last_clear if self._last_clear is not None else 0.0
            self._keep(found._asdict())
            self._noticed(Trigger("interruption", "imds", found.action, found.time, found.deadline, seen_for))
        elif found:
            self._told("InterruptionStale", "Interruption notice for %s is over and the instance is still here; "
                       "nothing is done" % found, {"time": found})
            self._keep({"time": found, "stale": True})
        elif before and not self._latch.latched:
            self._keep({"time": None})
        if reading.status == "none":
            self._last_clear = now
        self._tell_unknown(reading, now)
        if now >= self._rebalance_due and reading.status != "unreachable":
            self._rebalance_due = now + REBALANCE_SECONDS
            self._ask_rebalance()

    def standing(self) -> Optional[Trigger]:
        """The notice that stands, for a run that was started after it was seen; None once its time is over."""
        kept = self._kept
        if not kept or kept.get("deadline") is None or time.monotonic() > kept["deadline"]:
            return None
        return Trigger("interruption", "imds", kept["action"], kept["time"], kept["deadline"])

    def _keep(self, notice: Dict[str, Any]) -> None:
        """For a guard that replaces this one."""
        self._kept = dict(notice, schema=1, boot_id=boot_id())
        best_effort(lambda: files.write_json(self._file, self._kept))

    def _tell_unknown(self, reading: Reading, now: float) -> None:
        """An error is told once, when it has lasted, and its end at once; for the monitor as well."""
        status = reading.status if reading.status in UNKNOWN else "ok"
        self._unknown_since = None if status == "ok" else self._unknown_since or now
        if status == self.status or self._unknown_since and status != "disabled" and now - self._unknown_since < UNKNOWN_SECONDS:
            return
        self.status = status
        best_effort(lambda: files.write_json(os.path.join(paths.home(), "guard-status.json"),
                                             {"schema": 1, "imds": status}))
        if status != "ok":
            self._told("Warning", UNKNOWN[status], {"id": "Imds" + status.capitalize()})

    def _ask_rebalance(self) -> None:
        reading = self._imds.get("meta-data/events/recommendations/rebalance")
        value = (reading.json() or {}).get("noticeTime") if reading.status == "ok" else None
        if value and value != self._rebalance:
            self._told("RebalanceRecommended", "Rebalance recommended for instance {id}", {"notice_time": value})
            self._rebalance = value
