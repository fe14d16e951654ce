"""How often log and events go to S3: every two seconds at first and while a reader follows, ever more seldom later.

A request costs the same for a line as for a megabyte. With these numbers a month of log is about 9,000 of them.
"""
import time
from typing import NamedTuple

# Seconds between two shipments.
SHORTEST, LONGEST = 2.0, 300.0
# The part of an attempt's age that its log may be behind.
SHARE = 30.0
# Bytes that are sent at once, and the most that one segment holds.
FULL = 4 << 20


class Waiting(NamedTuple):
    """What S3 does not have yet: bytes of the log, how many events, and whether others act on one of them."""
    log: int
    events: int
    urgent: bool


def pause(age: float, followed: bool) -> float:
    """Seconds between two shipments, `age` seconds after the attempt began."""
    return SHORTEST if followed else min(LONGEST, max(SHORTEST, age / SHARE))


def is_due(age: float, since: float, waiting: Waiting, followed: bool) -> bool:
    """Whether everything goes now, `since` seconds after the last shipment."""
    return waiting.urgent or bool((waiting.log or waiting.events) and since >= pause(age, followed))


def is_full(waiting: Waiting) -> bool:
    """Whether full segments go now; the rest of the log waits for its time."""
    return waiting.log >= FULL


class Pace:
    """The shipments of one attempt. A new guard begins with short pauses again."""

    def __init__(self) -> None:
        self._began = self._last = time.monotonic()

    def is_due(self, waiting: Waiting, followed: bool) -> bool:
        now = time.monotonic()
        return is_due(now - self._began, now - self._last, waiting, followed)

    def shipped(self) -> None:
        self._last = time.monotonic()
