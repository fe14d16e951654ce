"""The index of runs in S3: empty objects whose names carry what a list shows of an attempt. Nothing is decided by it."""
import base64
import json
import zlib
from typing import Any, Dict

from ..system.clock import parse_utc
from .run import ENDED

LATEST = 9999999999
LONGEST_KEY = 1024  # bytes, S3
SHOWN = ("number", "state", "claimed", "instance_id", "instance_type", "availability_zone", "is_spot", "started", "ended",
         "exit_code", "first_step", "last_step", "resumed_from", "checkpoint", "phases", "unsaved")
# What is left out of a name that would be too long; the record has it.
LONG = ("resumed_from", "checkpoint", "phases", "unsaved", "script", "project_name")
OVER = ENDED + ("lost",)


def key_of(spec: Dict[str, Any], record: Dict[str, Any], attempt: Dict[str, Any]) -> str:
    """The key of an entry: newest run first, the attempts of a run together, an end after its beginning."""
    head = "%s/index/%010d-%s/%s" % (spec["store"]["run_prefix"].strip("/"), _inverted(record.get("created")),
                                     spec["run_id"], _phase(attempt))
    shown = {name: attempt.get(name) for name in SHOWN}
    shown.update(script=spec.get("script"), project_name=record.get("project_name"))
    key = head + _pack(shown)
    if len(key.encode("utf-8")) > LONGEST_KEY:
        key = head + _pack(dict(shown, cut=True, **{name: None for name in LONG}))
    return key


def is_ours_to_write(attempt: Dict[str, Any]) -> bool:
    """The claimer writes the beginning, the guard the end. A session names itself in its claim."""
    claimed_by = attempt.get("claimed_by")
    return attempt["state"] in OVER or not claimed_by or str(claimed_by).startswith("guard on ")


def has(written: str, key: str, attempt: Dict[str, Any]) -> bool:
    """Whether what was written last is enough: an open attempt is asked about, so that its entry need not be exact."""
    return written == key or attempt["state"] not in OVER and "/" + _phase(attempt) in written


def _phase(attempt: Dict[str, Any]) -> str:
    return "%04d-%d~" % (attempt["number"], attempt["state"] in OVER)


def _inverted(created: Any) -> int:
    try:
        seconds = int(parse_utc(str(created)) // 1)
    except ValueError:
        seconds = 0
    return max(0, min(LATEST, LATEST - seconds))


def _pack(shown: Dict[str, Any]) -> str:
    text = json.dumps({name: value for name, value in shown.items() if value is not None}, separators=(",", ":"),
                      ensure_ascii=False)
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = deflate.compress(text.encode("utf-8")) + deflate.flush()
    return base64.urlsafe_b64encode(packed).decode("ascii").rstrip("=")
