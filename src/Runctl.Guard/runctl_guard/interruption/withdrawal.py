"""Alive five minutes after the deadline: the notice was withdrawn, and the training starts again where nobody has it."""
import functools
import os
import time
import uuid
from typing import Any, Callable, Dict, List, Optional, Set

from ..aws.session import Session
from ..checkpoints.sets import CURRENT, SAVE
from ..checkpoints.uploads import Uploads, uploads_of
from ..errors import GuardError
from ..runs.attempts import new_attempt
from ..runs.journal import Journal
from ..runs.record import ClaimLost, RunRecord
from ..runs.run import Run
from ..system.clock import boot_id, parse_utc
from ..system.guard_log import for_each

AFTER_SECONDS = 300.0


class Withdrawal:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._due = 0.0
        self._told: Set[str] = set()

    def look(self, runs: List[Run], do: Callable[[Run, Callable[[], None]], None] = lambda run, act: act()) -> None:
        """`do` is given the start of every run whose notice is over: it talks to S3, and may take its time."""
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + 1.0

        def look(run: Run) -> None:
            if run.state.get("state") == "interrupted" and not run.state.get("withdrawn") and _is_over(run):
                do(run, functools.partial(self._start_again, run))
        for_each(look, runs)

    def _start_again(self, run: Run) -> None:
        """As a new attempt, from the newest checkpoint, if the claim for it is won; tried until that is known."""
        state, begun = run.state, Journal(run).get("begin")
        if state["state"] != "interrupted" or begun is None:
            return  # Started again since it was looked at.
        if run.last_event(("InterruptionWithdrawn",), state["attempt"]) is None:
            run.emit("InterruptionWithdrawn", "Interruption notice for %s is over and the instance is still here"
                     % begun["time"], time=begun["time"])
            # The end of this attempt is settled; S3 is to have this as well.
            run.update(record_pending=True)
        if state["claim"].get("attached"):
            run.update(withdrawn=True)
            return
        # One nonce for all tries: what a lost answer or a killed guard had won is known again.
        nonce = state.get("withdrawal") or run.update(withdrawal=uuid.uuid4().hex)["withdrawal"]
        claim = dict(state["claim"], nonce=nonce, number=state["attempt"] + 1)
        try:
            record = RunRecord.of(run, self._session)
            if record:
                claim["number"] = record.next_claim(nonce, "guard on " + str(state["instance_id"]))
        except ClaimLost:
            run.update(withdrawn=True)  # The training goes on elsewhere.
            return
        except GuardError as error:
            if run.id not in self._told:
                self._told.add(run.id)
                run.warn("NotStartedAgain", "The training is not started again here yet: %s" % error)
                run.update(record_pending=True)
            return
        self._told.discard(run.id)
        final = run.last_event(("InterruptionHandled",), state["attempt"]) or {"data": {}}
        newest = final["data"].get("checkpoint") or state.get("checkpoint") or state.get("resumed_from")
        # An attempt that was interrupted before it began leaves what it was to begin with.
        claim["resume_from"] = _resume_from(run, newest, uploads_of(run, self._session)) or state["claim"].get("resume_from")
        new_attempt(run, run.spec, claim, self._session.instance_id())


def _is_over(run: Run) -> bool:
    begun = Journal(run).get("begin")
    if not begun or begun["source"] not in ("imds", "monitor", "manual") or begun["time"] is None:
        return False
    if begun["boot_id"] == boot_id():
        late = time.monotonic() - begun["deadline"]
    else:
        late = time.time() - parse_utc(begun["time"])
    return late >= float(run.spec["policy"].get("withdrawn_seconds", AFTER_SECONDS))


def _resume_from(run: Run, newest: Optional[Dict[str, Any]], uploads: Uploads) -> Optional[Dict[str, Any]]:
    """The newest good version if it still is on this machine, or its copies, put back in their places; else what S3 holds."""
    picked = Journal(run).get("picked")
    if picked:
        chosen = uploads.checkpoints.choose(uploads.store)
        if chosen is not None:
            chosen.opened.close()
            checkpoint = chosen.checkpoint
            wanted = [file for file in checkpoint.part(SAVE, CURRENT) if file.link is not None or not file.here]
            copies = uploads.checkpoints.copies
            if checkpoint.name() == picked["identity"] and all(
                    file.link is not None or copies.has(file.version) for file in wanted):
                copies.put_back(wanted)
                return {"path": os.path.join(run.state["checkpoint_dir"], checkpoint.head),
                        "files": [file.path for file in checkpoint.part(SAVE, CURRENT)]}
        # A late try may have brought it to S3.
        newest = run.committed(picked["identity"]) or newest
    if newest and newest.get("manifest"):
        return {"manifest": newest["manifest"]}
    return None
