"""run.json in S3: which attempt has the run. Every change is a conditional write, and a lost answer is read back."""
import json
import time
from typing import Any, Callable, Dict, Optional, Tuple

from ..aws.s3 import ATTEMPTS, S3, TOO_LARGE, Location, S3Error
from ..aws.session import Session
from ..errors import REFUSED, STORAGE, GuardError
from ..system.backoff import Backoff
from ..system.clock import utc_text
from ..system.guard_log import log_exception
from . import index
from .journal import presses
from .run import ENDED, Run

CONFLICTS = (409, 412)
# Of these the first few in a row are tried again at once: another writer was quicker, and S3 is not busy.
MOST_CONFLICTS = 5
# A change is tried as long while S3 is busy. While a deadline presses, the longest pause is short, and the caller tries again.
PATIENCE_SECONDS, PRESSED_SECONDS, PRESSED_PAUSE = 60.0, 10.0, 1.0
# A record has five levels. More than these are not the guard's, and deep ones exhaust the stack.
DEEPEST = 40


class Patience:
    """Whether and when a change that failed is tried again."""

    def __init__(self, backoff: Backoff) -> None:
        self._backoff, self._conflicts = backoff, 0

    def pause(self, error: S3Error) -> Optional[float]:
        """Seconds until the next try; None if the failure stays."""
        conflict = error.status in CONFLICTS
        if not conflict and not error.passing:
            return None
        self._conflicts = self._conflicts + 1 if conflict else 0
        return 0.0 if 0 < self._conflicts <= MOST_CONFLICTS else self._backoff.pause()


def patiently(act: Callable[[], Any], pressed: bool = False) -> Any:
    """Acts, again with back-off if S3 could not for the moment."""
    patience = Patience(Backoff(seconds=PRESSED_SECONDS, longest=PRESSED_PAUSE) if pressed else Backoff(seconds=PATIENCE_SECONDS))
    while True:
        try:
            return act()
        except S3Error as error:
            pause = patience.pause(error)
            if pause is None:
                raise
            time.sleep(pause)


class ClaimLost(GuardError):
    def __init__(self, message: str, run_id: str) -> None:
        super().__init__("ClaimLost", message, REFUSED, run_id)


class RecordDamaged(GuardError):
    """The training has the same rights in S3 as the guard, and can write anything there."""

    def __init__(self, at: Location, problem: str) -> None:
        super().__init__("RecordDamaged", "%s is not the record of a run any more: %s. The guard leaves it as it is. Put an earlier "
                         "version back if the bucket keeps versions; else delete it, and start a new run from the checkpoint."
                         % (at.uri(), problem), STORAGE, at.uri())


def settle(run: Run, session: Session) -> None:
    """Writes how our attempt stands, if there is a record. A damaged one stops nothing else."""
    record = RunRecord.of(run, session)
    if record:
        try:
            record.settle(run)
        except RecordDamaged as error:
            tell_damaged(run, error)


def tell_damaged(run: Run, error: RecordDamaged) -> None:
    """Once an attempt."""
    attempt = run.state.get("attempt")
    if not any(event["data"].get("id") == error.id and event["attempt"] == attempt for event in run.events()):
        run.warn(error.id, error.message)


class RunRecord:
    def __init__(self, s3: S3, spec: Dict[str, Any]) -> None:
        store = spec["store"]
        self._s3 = s3
        self._spec = spec
        self._at = Location(store["bucket"], "%s/runs/%s/run.json" % (store["run_prefix"].strip("/"), spec["run_id"]))

    @classmethod
    def of(cls, run: Run, session: Session) -> "Optional[RunRecord]":
        """None for a run without a bucket: then there is no record to agree with."""
        spec = dict(run.spec, attempt=run.state["claim"])
        return cls(session.s3(spec), spec) if spec.get("store") else None

    def read(self, attempts: int = ATTEMPTS) -> Tuple[Optional[Dict[str, Any]], Optional[str]]:
        """The record and its ETag; (None, None) where there is none. RecordDamaged for what the rest here cannot work with."""
        try:
            answer = self._s3.call("GET", self._at, attempts=attempts)
        except S3Error as error:
            if error.status == 404:
                return None, None
            if error.code == TOO_LARGE:
                raise RecordDamaged(self._at, "it is too large for one")
            raise
        try:
            record = json.loads(answer.body.decode("utf-8"))
            _check(record)
        except (ValueError, RecursionError) as error:
            raise RecordDamaged(self._at, str(error))
        return record, answer.header("etag")

    def take(self, run: Run) -> None:
        """Sets our attempt running, right before its process starts. ClaimLost when it is not ours to take. Tries once, as its
        caller holds a lock; see `patiently`."""
        claim = self._spec["attempt"]
        state = run.state

        def change(record: Dict[str, Any]) -> bool:
            attempts = record["attempts"]
            if attempts and attempts[-1]["number"] > claim["number"]:
                raise ClaimLost("Attempt %d has the run." % attempts[-1]["number"], run.id)
            mine = next((attempt for attempt in attempts if attempt["number"] == claim["number"]), None)
            if mine is None:
                mine = _attempt(claim)
                attempts.append(mine)
            if mine["nonce"] != claim["nonce"]:
                raise ClaimLost("Attempt %d was claimed by another." % claim["number"], run.id)
            if mine["state"] == "running" and mine.get("instance_id") == state["instance_id"]:
                return False
            if mine["state"] != "claimed":
                raise ClaimLost("Attempt %d is %s already." % (claim["number"], mine["state"]), run.id)
            mine.update(state="running", instance_id=state["instance_id"], started=utc_text(),
                        resumed_from=state.get("resumed_from"), phases=state.get("phases") or [])
            record["outcome"] = None
            return True

        self._list(run, self._change(change, create=True))

    def next_claim(self, nonce: str, claimed_by: str) -> int:
        """Claims the attempt after ours, or after those that never started; ClaimLost when another has started."""
        ours = number = self._spec["attempt"]["number"]

        def change(record: Dict[str, Any]) -> bool:
            nonlocal number
            last = record["attempts"][-1]
            number = last["number"]
            if last["nonce"] == nonce:
                return False
            above = [attempt for attempt in record["attempts"] if attempt["number"] > ours]
            # A claim that is not the newest cannot be taken any more: see `take`.
            if any(attempt.get("started") or attempt["state"] not in ("claimed", "failed", "lost") for attempt in above):
                raise ClaimLost("Attempt %d has the run." % number, self._spec["run_id"])
            if above and last["state"] == "claimed":
                raise GuardError("ClaimStands", "Attempt %d is claimed by %s." % (number, last.get("claimed_by")))
            number += 1
            claim = _attempt(dict(self._spec["attempt"], number=number, nonce=nonce))
            claim["claimed_by"] = claimed_by
            record["attempts"].append(claim)
            return True

        patiently(lambda: self._change(change))
        return number

    def settle(self, run: Run) -> None:
        """Writes how our attempt stands: its final state, or its newest checkpoint while it runs."""
        claim, shown = self._spec["attempt"], run.shown()

        def change(record: Dict[str, Any]) -> bool:
            mine = next((attempt for attempt in record["attempts"] if attempt["number"] == claim["number"]), None)
            if mine is None or mine["nonce"] != claim["nonce"]:
                return False
            ended = shown["state"] in ENDED
            mine.update({name: shown[name] for name in ("exit_code", "first_step", "last_step", "checkpoint", "ended")})
            mine.update(phases=shown["phases"], resumed_from=shown["resumed_from"])
            # Until S3 has it, whoever resumes the run would go on from an older one.
            mine["unsaved"] = run.state.get("unsaved") if ended else None
            if ended:
                mine["state"] = shown["state"]
                if record["attempts"][-1] is mine:
                    record["outcome"] = shown["state"]
            return True

        self._list(run, patiently(lambda: self._change(change), presses(run)))

    def _list(self, run: Run, record: Optional[Dict[str, Any]]) -> None:
        """Writes our entry of the index, as well as that goes: the next `settle` tries again."""
        number = self._spec["attempt"]["number"]
        mine = next((one for one in record["attempts"] if one["number"] == number), None) if record else None
        if mine is None or mine["nonce"] != self._spec["attempt"]["nonce"] or not index.is_ours_to_write(mine):
            return
        try:
            key = index.key_of(self._spec, record, mine)  # type: ignore[arg-type]
            if index.has(str(run.state.get("indexed")), key, mine):
                return
            self._s3.call("PUT", self._at._replace(key=key), attempts=1 if presses(run) else 3)
            run.update(indexed=key)
        except Exception:
            log_exception()

    def _change(self, change: Callable[[Dict[str, Any]], bool], create: bool = False) -> Optional[Dict[str, Any]]:
        """The record as it is now. One try, of the reading too: a lost answer fails like any other, and the next try reads
        what came of it."""
        record, etag = self.read(attempts=1)
        if record is None:
            if not create:
                return None
            record = {"schema": 1, "run_id": self._spec["run_id"], "project_name": self._spec["project_name"],
                      "created": utc_text(), "outcome": None, "attempts": []}
        if change(record):
            condition = {"If-Match": etag} if etag else {"If-None-Match": "*"}
            self._s3.call("PUT", self._at, headers=dict(condition, **{"content-type": "application/json"}),
                          body=json.dumps(record).encode("utf-8"), attempts=1)
        return record


def _check(record: Any) -> None:
    """ValueError for anything that the guard did not write and would stumble over."""
    attempts = record.get("attempts") if isinstance(record, dict) else None
    if not isinstance(attempts, list) or not attempts:
        raise ValueError("it lists no attempts")
    for attempt in attempts:
        if not isinstance(attempt, dict) or type(attempt.get("number")) is not int \
                or not all(isinstance(attempt.get(name), str) for name in ("nonce", "state")):
            raise ValueError("an attempt has no number, nonce and state")
        for name in ("resumed_from", "checkpoint"):
            named = attempt.get(name)
            if named is not None and not (isinstance(named, dict) and isinstance(named.get("manifest"), (str, type(None)))):
                raise ValueError("%s of an attempt is no checkpoint" % name)
    _check_depth(record, DEEPEST)


def _check_depth(value: Any, left: int) -> None:
    if not left:
        raise ValueError("it is nested too deeply")
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check_depth(inner, left - 1)


def _attempt(claim: Dict[str, Any]) -> Dict[str, Any]:
    return {"number": claim["number"], "nonce": claim["nonce"], "node": claim.get("node", 0),
            "nodes": claim.get("nodes", 1), "state": "claimed", "claimed": utc_text(), "claimed_by": None,
            "instance_id": None, "instance_type": None, "started": None, "ended": None, "exit_code": None,
            "first_step": None, "last_step": None, "resumed_from": None, "checkpoint": None, "phases": []}
