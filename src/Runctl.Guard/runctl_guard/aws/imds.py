"""The instance metadata service, version 2. Every way it can fail is told apart; a failure never means "no notice"."""
import http.client
import json
import os
import threading
import time
from typing import Any, Dict, List, NamedTuple, Optional

from ..system import paths
from ..system.backoff import Backoff
from ..system.clock import boot_id
from ..system.files import make_folder, read_json, write_json
from ..system.guard_log import best_effort
from ..system.routes import ipv6_only
from . import connections

# IPv4 and IPv6. A machine may have only one of them.
ADDRESSES = ("http://169.254.169.254", "http://[fd00:ec2::254]")
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
        # Those that may answer, the likelier first; the one that does, once it has.
        self._addresses = _addresses()
        self._token: Optional[str] = None
        self._renew_at = 0.0
        self._lock = threading.Lock()

    def get(self, path: str) -> Reading:
        answer = None
        for address in self._addresses:
            try:
                answer = self._answer(address, path)
            except (OSError, http.client.HTTPException):
                continue
            self._addresses = [address]
            break
        if answer is None:
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
        backoff = Backoff(seconds=seconds, first=PATIENT_PAUSE, longest=1.0)
        reading = self.get(path)
        while reading.status in ("error", "unreachable") and backoff.wait():
            reading = self.get(path)
        return reading

    def _answer(self, address: str, path: str) -> connections.Answer:
        answer = self._ask(address, path)
        if answer.status == 401:
            # A token is good for this boot and its time only; nothing else is wrong.
            self._token = None
            answer = self._ask(address, path)
        return answer

    def _ask(self, address: str, path: str) -> connections.Answer:
        token = self._fresh_token(address)
        if isinstance(token, connections.Answer):
            return token
        return _request("GET", address, path, {"X-aws-ec2-metadata-token": token})

    def _fresh_token(self, address: str) -> Any:
        with self._lock:
            if self._token and time.monotonic() < self._renew_at:
                return self._token
            answer = _request("PUT", address, "api/token", {
                "X-aws-ec2-metadata-token-ttl-seconds": str(TOKEN_SECONDS), "Content-Length": "0"})
            if answer.status != 200:
                # 404 here is not "nothing there": there is no version 2 to ask.
                return answer if answer.status != 404 else answer._replace(status=500)
            self._token = answer.body.decode("ascii", "replace")
            self._renew_at = time.monotonic() + TOKEN_SECONDS / 2
            return self._token


def _addresses() -> List[str]:
    given = os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT")
    if given:
        return [given.rstrip("/")]
    mode = os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "").lower()
    if mode in ("ipv4", "ipv6"):
        return [ADDRESSES[mode == "ipv6"]]
    return list(reversed(ADDRESSES) if ipv6_only() else ADDRESSES)


def _request(method: str, address: str, path: str, headers: Dict[str, str]) -> connections.Answer:
    """Never through a proxy: it would tell of another machine, its own."""
    return connections.request(method, "%s/latest/%s" % (address, path), headers, timeout=TIMEOUT, direct=True)


def _offset(answer: connections.Answer) -> float:
    """Seconds to add to our clock to have the service's; 0 within what the header's whole seconds can show."""
    offset = answer.clock_offset() or 0.0
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
    make_folder(paths.home())
    best_effort(lambda: write_json(cache, {"schema": 1, "instance_id": value, "boot_id": boot_id()}))
    return value
