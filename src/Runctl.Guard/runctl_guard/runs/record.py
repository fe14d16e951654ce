"""run.json in S3: who has the run. Every change is a conditional write, and a lost answer is read back."""
import json
from typing import Any, Callable, Dict, Optional, Tuple

from ..aws.s3 import S3, Location, S3Error
from ..aws.session import Session
from ..errors import REFUSED, GuardError
from ..system.clock import utc_text
from .run import ENDED, Run

CONFLICTS = (409, 412)


class ClaimLost(GuardError):
    def __init__(self, message: str, run_id: str) -> None:
        super().__init__("ClaimLost", message, REFUSED, run_id)


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

    def read(self) -> Tuple[Optional[Dict[str, Any]], Optional[str]]:
        """The record and its ETag; (None, None) where there is none."""
        try:
            answer = self._s3.get(self._at)
        except S3Error as error:
            if error.status == 404:
                return None, None
            raise
        return json.loads(answer.body.decode("utf-8")), answer.header("etag")

    def take(self, run: Run) -> None:
        """Sets our attempt running, right before its process starts. ClaimLost when it is not ours to take."""
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
            if mine["state"] == "running" and mine["instance_id"] == state["instance_id"]:
                return False
            if mine["state"] != "claimed":
                raise ClaimLost("Attempt %d is %s already." % (claim["number"], mine["state"]), run.id)
            mine.update(state="running", instance_id=state["instance_id"], started=utc_text(),
                        resumed_from=state.get("resumed_from"), phases=state.get("phases") or [])
            record["outcome"] = None
            return True

        self._change(change, create=True)

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
            # A claim that is not the newest can not be taken any more: see `take`.
            if any(attempt.get("started") or attempt["state"] not in ("claimed", "failed", "lost") for attempt in above):
                raise ClaimLost("Attempt %d has the run." % number, self._spec["run_id"])
            if above and last["state"] == "claimed":
                raise GuardError("ClaimStands", "Attempt %d is claimed by %s." % (number, last.get("claimed_by")))
            number += 1
            claim = _attempt(dict(self._spec["attempt"], number=number, nonce=nonce))
            claim["claimed_by"] = claimed_by
            record["attempts"].append(claim)
            return True

        self._change(change)
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

        self._change(change)

    def _change(self, change: Callable[[Dict[str, Any]], bool], create: bool = False) -> None:
        for _ in range(20):
            record, etag = self.read()
            if record is None:
                if not create:
                    return
                record = {"schema": 1, "run_id": self._spec["run_id"], "project_name": self._spec["project_name"],
                          "created": utc_text(), "outcome": None, "attempts": []}
            if not change(record):
                return
            condition = {"If-Match": etag} if etag else {"If-None-Match": "*"}
            try:
                # One try only: after a lost answer a second one would fail against our own success.
                self._s3.call("PUT", self._at, headers=dict(condition, **{"content-type": "application/json"}),
                              body=json.dumps(record).encode("utf-8"), attempts=1)
                return
            except S3Error as error:
                # 0 is a lost answer: what happened is in the record, which is read again either way.
                if error.status not in CONFLICTS + (0, 500, 502, 503, 504):
                    raise
                failure = error
        raise failure


def _attempt(claim: Dict[str, Any]) -> Dict[str, Any]:
    return {"number": claim["number"], "nonce": claim["nonce"], "node": claim.get("node", 0),
            "nodes": claim.get("nodes", 1), "state": "claimed", "claimed": utc_text(), "claimed_by": None,
            "instance_id": None, "instance_type": None, "started": None, "ended": None, "exit_code": None,
            "first_step": None, "last_step": None, "resumed_from": None, "checkpoint": None, "phases": []}
