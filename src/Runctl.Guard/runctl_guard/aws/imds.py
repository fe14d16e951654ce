"""The instance metadata service, version 2. Every way it can fail is told apart; a failure never means "no notice"."""
import email.utils
import http.client
import json
import os
import threading
import time
from typing import Any, Dict, NamedTuple, Optional

from ..system import paths
from ..system.clock import boot_id
from ..system.files import read_json, write_json
from ..system.guard_log import best_effort
from . import connections

TIMEOUT = 1.0
TOKEN_SECONDS = 21600
PATIENCE = 5.0
PATIENT_PAUSE = 0.2


class Reading(NamedTuple):
    """What one question brought. `status`: ok, none (404), disabled (403), error (5xx, 401 again), unreachable."""
    status: str
    body: bytes = b""
    clock_offset: float = 0.0

    def json(self) -> Optional[Dict[str, Any]]:
        try:
            value = json.loads(self.body.decode("utf-8"))
        except ValueError:
            return None
        return value if isinstance(value, dict) else None


class Imds:
    def __init__(self) -> None:
        base = os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or "http://169.254.169.254"
        self._base = base.rstrip("/") + "/latest/"
        self._token: Optional[str] = None
        self._renew_at = 0.0
        self._lock = threading.Lock()

    def get(self, path: str) -> Reading:
        try:
            answer = self._ask(path)
            if answer.status == 401:
                # A token is good for this boot and its time only; nothing else is wrong.
                self._token = None
                answer = self._ask(path)
        except (OSError, http.client.HTTPException):
            return Reading("unreachable")
        if answer.status == 200:
            return Reading("ok", answer.body, _offset(answer))
        return Reading({404: "none", 403: "disabled"}.get(answer.status, "error"))

    def notice(self) -> Reading:
        """Of an interruption. A 200 that is no document, as a proxy's page, says nothing of one."""
        reading = self.get("meta-data/spot/instance-action")
        return reading._replace(status="error") if reading.status == "ok" and reading.json() is None else reading

    def get_patiently(self, path: str, seconds: float = PATIENCE) -> Reading:
        """For what cannot be done without: one failed answer is not the last word."""
        end, pause = time.monotonic() + seconds, PATIENT_PAUSE
        reading = self.get(path)
        while reading.status in ("error", "unreachable") and time.monotonic() + pause < end:
            time.sleep(pause)
            pause *= 1.4
            reading = self.get(path)
        return reading

    def _ask(self, path: str) -> connections.Answer:
        token = self._fresh_token()
        if isinstance(token, connections.Answer):
            return token
        return connections.request("GET", self._base + path, {"X-aws-ec2-metadata-token": token}, timeout=TIMEOUT)

    def _fresh_token(self) -> Any:
        with self._lock:
            if self._token and time.monotonic() < self._renew_at:
                return self._token
            answer = connections.request("PUT", self._base + "api/token", {
                "X-aws-ec2-metadata-token-ttl-seconds": str(TOKEN_SECONDS), "Content-Length": "0"}, timeout=TIMEOUT)
            if answer.status != 200:
                # 404 here is not "nothing there": there is no version 2 to ask.
                return answer if answer.status != 404 else answer._replace(status=500)
            self._token = answer.body.decode("ascii", "replace")
            self._renew_at = time.monotonic() + TOKEN_SECONDS / 2
            return self._token


def _offset(answer: connections.Answer) -> float:
    """Seconds to add to our clock to have the service's; 0 within what the header's whole seconds can show."""
    date = answer.header("date")
    if not date:
        return 0.0
    try:
        offset = email.utils.parsedate_to_datetime(date).timestamp() - time.time()
    except (TypeError, ValueError):
        return 0.0
    return offset if abs(offset) > 2.0 else 0.0


def instance_id(imds: Imds) -> str:
    """The instance's id, kept for this boot; the machine's name where there is no metadata service."""
    cache = os.path.join(paths.home(), "instance.json")
    known = read_json(cache)
    if known and known.get("boot_id") == boot_id():
        return known["instance_id"]
    reading = imds.get_patiently("meta-data/instance-id")
    if reading.status != "ok":
        return known["instance_id"] if known else os.uname().nodename
    value = reading.body.decode("ascii", "replace").strip()
    os.makedirs(paths.home(), exist_ok=True)
    best_effort(lambda: write_json(cache, {"schema": 1, "instance_id": value, "boot_id": boot_id()}))
    return value
