"""Tells a webhook what happened to a run. In a thread of its own: neither its answer nor its silence delays anything."""
import contextlib
import http.client
import json
import os
import threading
import time
from typing import Any, Dict, Iterator, List, Optional

from ..aws import connections
from ..aws.session import Session
from ..errors import GuardError
from ..system import files
from ..system.backoff import Backoff
from ..system.guard_log import best_effort
from .journal import Journal
from .run import ENDED, Run

ATTEMPTS = 3
RETRY_SECONDS = 0.5
TIMEOUT_SECONDS = 4.0
# However the tries go: an address that swallows everything must not keep later news waiting for long.
LONGEST_SECONDS = 10.0
# Between tries to find the address out.
PAUSE_SECONDS = 60.0
DEFAULT_KINDS = ["InterruptionDetected", "InterruptionHandled"]


def asked_for(run: Run) -> bool:
    return bool((run.spec.get("alerts") or {}).get("webhook_url"))


def pending(run: Run, after: int = 0) -> List[Dict[str, Any]]:
    """Events that are to be told and were not tried yet, in order."""
    if not asked_for(run):
        return []
    after = max(after, (files.read_json(run.file("alerted.json")) or {}).get("seq", 0))
    kinds = run.spec["alerts"].get("on") or DEFAULT_KINDS
    return [event for event in run.events() if event["seq"] > after and event["kind"] in kinds
            and event["data"].get("id") != "AlertFailed"]


@contextlib.contextmanager
def telling(run: Run, session: Session) -> Iterator[None]:
    """Tells what happens during the block, where no guard may be there to do so."""
    webhook, over = Webhook(run, session), threading.Event()

    def work() -> None:
        ended = False
        while not ended:
            ended = over.wait(0.2)
            webhook.look()
    thread = threading.Thread(target=work, daemon=True)
    if asked_for(run):
        thread.start()
    try:
        yield
    finally:
        over.set()
        if asked_for(run):
            thread.join(2 * LONGEST_SECONDS)


class Webhook:
    def __init__(self, run: Run, session: Session) -> None:
        self._run, self._session = run, session
        self._url: Optional[str] = None
        self._due = 0.0
        self._tried = 0
        self._known_size = -1

    def look(self) -> None:
        """Tells what is to be told: each event once, by whoever comes first."""
        if self._url is None and time.monotonic() >= self._due:
            # Found out before it is needed in a hurry.
            self._due = time.monotonic() + PAUSE_SECONDS
            self._address()
        size = files.size(self._run.file("events.jsonl"))
        if size == self._known_size:
            return
        if pending(self._run, self._tried):
            with files.locked(self._run.file("alerts.lock"), wait=False) as mine:
                for event in pending(self._run, self._tried) if mine else ():
                    problem = self._tell(event)
                    self._tried = event["seq"]
                    best_effort(lambda: files.write_json(self._run.file("alerted.json"), {"schema": 1, "seq": self._tried}))
                    if problem:
                        self._failed(problem)
        else:
            self._known_size = size
        connections.close_connections()

    def _address(self) -> Optional[str]:
        """None where it cannot be found out, which is said."""
        if self._url is None:
            wanted = {"webhook_url": self._run.spec["alerts"]["webhook_url"]}
            try:
                self._url = self._session.resolve(self._run.spec, wanted)["webhook_url"]
            except GuardError as error:
                self._failed(error.message)
        return self._url

    def _tell(self, event: Dict[str, Any]) -> Optional[str]:
        """None when it was taken, else why not; never with the address, which may be a secret itself."""
        body = json.dumps(message(self._run, event)).encode("utf-8")
        end, problem = time.monotonic() + LONGEST_SECONDS, "its address is not known"
        backoff, again = Backoff(tries=ATTEMPTS, first=RETRY_SECONDS), True
        while again:
            left = end - time.monotonic()
            url = self._address()
            if left <= 0 or not url:
                break
            try:
                answer = connections.open_request(
                    "POST", url, {"Content-Type": "application/json"}, body, min(left, TIMEOUT_SECONDS))
                connections.drop(url)
                if answer.status < 300:
                    return None
                problem = "HTTP %d" % answer.status
            except (OSError, http.client.HTTPException, ValueError) as error:
                connections.close_connections()
                problem = type(error).__name__
            except GuardError as error:
                return "The webhook did not take the alert %s: %s" % (event["kind"], error.message)
            # It may have been changed where it is kept.
            self._url = None
            again = backoff.wait()
        return "The webhook did not take the alert %s: %s" % (event["kind"], problem)

    def _failed(self, problem: str) -> None:
        """Once an attempt: what does not work at its begin is not said again at its end."""
        run, state = self._run, self._run.state
        if any(event["data"].get("id") == "AlertFailed" and event["attempt"] == state.get("attempt") for event in run.events()):
            return
        best_effort(lambda: run.warn("AlertFailed", problem))
        if state.get("state") in ENDED:
            # S3 may have everything but this by now.
            best_effort(lambda: run.update(record_pending=True))


def message(run: Run, event: Dict[str, Any]) -> Dict[str, Any]:
    """What is posted. `text` is what a chat shows; the rest is for programs."""
    begun = Journal(run).get("begin") or {}
    data, spec = event["data"], run.spec
    checkpoint = data.get("checkpoint") or run.state.get("checkpoint")
    text = "%s%s (%s): %s" % ("[drill] " if begun.get("source") == "drill" else "", spec["project_name"], run.id,
                              event["message"].split("\n")[0])
    if event["kind"] == "InterruptionDetected" and data.get("deadline"):
        text += ", until %s" % data["deadline"]
    if event["kind"] == "InterruptionHandled" and checkpoint:
        text += ", checkpoint %s" % os.path.basename(checkpoint["name"])
    return {"text": text, "schema": 1, "run_id": run.id, "project_name": spec["project_name"], "script": spec.get("script"),
            "instance_id": event["instance_id"], "region": spec.get("region"), "attempt": event["attempt"],
            "seq": event["seq"], "kind": event["kind"], "time": event["time"], "message": event["message"],
            "source": begun.get("source"), "action": begun.get("action"), "deadline": begun.get("time"),
            "outcome": data.get("outcome"), "exit_code": data.get("exit_code"), "last_step": data.get("last_step"),
            "checkpoint": checkpoint}
