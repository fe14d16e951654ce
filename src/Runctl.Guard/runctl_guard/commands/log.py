"""`log`: what a training has printed, compressed, as much as fits."""
import base64
import gzip
from typing import Any, Dict

from ..runs import follower, run_log
from ..runs.run import ENDED, Run


# Time for the guard to bring to S3 what did not fit into an answer.
CUT_SECONDS = 5.0


def log(run: Run, options: Any) -> Dict[str, Any]:
    """Bytes from an offset, compressed. `max_bytes` bounds the answer: what does not compress is cut to fit.

    A cut answer has the rest brought to S3 at once, where it is read quicker.
    """
    active = run.state.get("state") not in ENDED
    if options.follow:
        follower.note(run, options.follow)
    base, _ = run_log.extent(run)
    first, end, newest = run_log.part(run, options.attempt)
    offset = max(first, min(options.offset, end))
    if options.since is not None:
        offset = max(offset, run_log.since(run, options.since, first, end))
    if options.tail is not None:
        offset = max(offset, run_log.tail(run, options.tail, first, end))
    offset = run_log.after_gap(run, base, offset, end)
    take = 1 << 20
    while True:
        data = run_log.read(run, base, offset, min(take, end - offset))
        packed = base64.b64encode(gzip.compress(data, 6)).decode("ascii")
        if len(packed) <= options.max_bytes or take <= 512:
            break
        take = max(512, min(take // 2, int(len(data) * 0.9 * options.max_bytes / len(packed))))
    following = offset + len(data)
    if following < end and not options.follow:
        follower.note(run, CUT_SECONDS)
    return {"schema": 1, "offset": offset, "next_offset": following, "size": end,
            "ended": following >= end and not (active and newest), "data": packed}
