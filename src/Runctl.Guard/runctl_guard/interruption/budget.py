"""How the two minutes are divided. Pure decisions over seconds and bytes."""
from typing import Optional

# What is left for picking, verifying and the manifest, whatever the upload takes.
MARGIN = 3.0
LEAST_GRACE = 30.0
# In this a few hundred megabytes are read, so that a small checkpoint is proven however little time there is.
LEAST_CHECK = 0.5
DEFAULT_RATE = 100e6
# One request to S3, of which as many run at once as there are connections.
REQUEST_SECONDS, CONNECTIONS = 0.05, 8


def upload_seconds(size: int, rate: Optional[float], files: int = 1) -> float:
    """How long an upload takes: bytes at the rate last seen, a second for begin and end, and a request for each file."""
    return 1.0 + size / (rate or DEFAULT_RATE) + files * REQUEST_SECONDS / CONNECTIONS


def check_seconds(left: Optional[float], upload: float) -> Optional[float]:
    """How long a checkpoint may be read to prove it good: half of what its upload leaves, and a moment at least. None: as
    long as it takes."""
    return None if left is None else max(min(LEAST_CHECK, left / 4), (left - upload - MARGIN) / 2, 0.0)


def grace(policy: float, left: Optional[float], upload: float, last_save: Optional[float]) -> float:
    """Seconds from the signal to the kill. `left` is the time to the deadline, None where there is none.

    Cut only if the cut makes the upload fit, and never below what a save needs, as far as there is that much time.
    """
    if left is None or left <= 0:
        # Past the deadline and still here: nobody knows for how long, and killing would only be sure to cost the save.
        return policy
    window = max(left / 2, left - MARGIN)
    wanted = min(policy, window)
    fitting = window - upload
    if fitting >= wanted:
        return wanted
    least = max(LEAST_GRACE, 1.5 * (last_save or 0.0))
    if window < least:
        # Too short a window for the usual least: half of it is the save's in any case.
        least = window / 2
    return fitting if fitting >= min(least, wanted) else wanted


def older_upload(older: float, newest: float, left: Optional[float]) -> str:
    """What becomes of an older checkpoint's upload when the newest is to follow (all in seconds).

    "beside" where both fit, "stopped" where it would cost the newest; "first" where the newest cannot fit anyway and the
    older one is nearer to its end.
    """
    if left is None or newest + MARGIN <= left < older + newest + MARGIN:
        return "stopped"
    if older + newest + MARGIN <= left:
        return "beside"
    return "first" if older < newest else "stopped"
