"""Which reading of `spot/instance-action` is a new notice. Pure; the poller feeds it."""
from typing import Any, Dict, NamedTuple, Optional

from ..system.clock import parse_utc, utc_seconds_text

STALE_SECONDS = 300.0


class Notice(NamedTuple):
    action: str
    time: str
    # Seconds on the monotonic clock of this boot.
    deadline: float


class NoticeLatch:
    """Keeps the first time of a notice: one that slides with every reading stays the same notice until a 404.

    One that is over for good ends by itself: a later time after it is another notice, seen to be cleared or not.
    """

    def __init__(self, latched: Optional[str] = None, deadline: Optional[float] = None) -> None:
        self.latched, self._deadline = latched, deadline

    def feed(self, status: str, body: Optional[Dict[str, Any]], wall: float, monotonic: float) -> Optional[Any]:
        """A Notice when there is a new one, the text of its time when it is stale, else None.

        `wall` is the time now, corrected. Only a clear "none" ends a notice; an error says nothing.
        """
        if status == "none":
            self.latched = self._deadline = None
            return None
        standing = self.latched is not None and self._deadline is not None \
            and monotonic <= self._deadline + STALE_SECONDS
        if status != "ok" or body is None or standing:
            return None
        try:
            moment = parse_utc(str(body["time"]))
        except (KeyError, ValueError):
            # A notice whose time cannot be read is a notice all the same: two minutes is what EC2 gives.
            moment = wall + 120.0
        text, known = utc_seconds_text(moment), self.latched
        if text == known:
            return None
        self.latched = text
        if moment < wall - STALE_SECONDS:
            # None: it never stood, and any other time may come after it.
            self._deadline = None
            return text
        self._deadline = monotonic + moment - wall
        return Notice(str(body.get("action") or "terminate"), text, self._deadline)


def standing(kept: Dict[str, Any], status: str, body: Optional[Dict[str, Any]], wall: float,
             monotonic: float) -> Optional[Dict[str, Any]]:
    """The notice that stands by a guard's notes and a reading of now; None where there is none.

    The reading finds what no guard has seen yet; one that failed leaves what is noted.
    """
    latch = NoticeLatch(kept.get("time"), kept.get("deadline"))
    found = latch.feed(status, body, wall, monotonic)
    if isinstance(found, Notice):
        return {"action": found.action, "time": found.time}
    if latch.latched is None or found is not None or kept.get("stale"):
        return None
    return {"action": kept.get("action"), "time": latch.latched}
