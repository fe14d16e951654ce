"""Times as text, and the identity of this boot."""
import calendar
import time
from typing import Optional


def utc_text(seconds: Optional[float] = None) -> str:
    """`2026-01-31T12:00:00.123Z` for seconds since 1970, by default now."""
    now = time.time() if seconds is None else seconds
    milliseconds = int(round(now * 1000))
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(milliseconds // 1000))
    return "%s.%03dZ" % (whole, milliseconds % 1000)


def utc_seconds_text(seconds: float) -> str:
    """Without the fraction, as EC2 writes the time of an interruption."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def parse_utc(text: str) -> float:
    """Seconds since 1970; ValueError for anything that is not a UTC time."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    seconds = calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S"))
    return seconds + (float("0." + fraction) if fraction else 0.0)


def boot_id() -> str:
    """Changes with every boot: a pid and a monotonic time mean nothing in another one."""
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            return file.read().strip()
    except OSError:
        return "unknown"
