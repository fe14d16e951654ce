"""AWS credentials: from the environment where given, else of the instance's role."""
import functools
import os
import threading
import time
from typing import NamedTuple, Optional

from ..errors import STORAGE, GuardError
from ..system.clock import parse_utc
from .imds import Imds

ROLE_PATH = "meta-data/iam/security-credentials/"
# Without credentials nothing is saved at all; a machine that has just begun to train at full load answers late.
PATIENCE = 15.0


class Credentials(NamedTuple):
    key: str
    secret: str
    token: Optional[str]


class CredentialSource:
    def __init__(self, imds: Imds) -> None:
        self._imds = imds
        self._lock = threading.Lock()
        self._cached: Optional[Credentials] = None
        self._renew_at = 0.0
        self._expires = 0.0

    def get(self) -> Credentials:
        key, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
        if key and secret:
            return Credentials(key, secret, os.environ.get("AWS_SESSION_TOKEN"))
        with self._lock:
            if not self._cached or time.time() >= self._renew_at:
                self._renew()
            assert self._cached is not None
            return self._cached

    def forget(self) -> None:
        """After an answer that said they have expired."""
        with self._lock:
            self._renew_at = 0.0

    def _renew(self) -> None:
        good = self._cached is not None and time.time() < self._expires
        ask = self._imds.get if good else functools.partial(self._imds.get_patiently, seconds=PATIENCE)
        role = ask(ROLE_PATH)
        name = role.body.decode("ascii", "replace").split("\n")[0].strip()
        reading = ask(ROLE_PATH + name) if role.status == "ok" and name else role
        value = reading.json() if reading.status == "ok" else None
        if value and "AccessKeyId" in value:
            self._cached = Credentials(value["AccessKeyId"], value["SecretAccessKey"], value.get("Token"))
            self._expires = parse_utc(value["Expiration"]) if value.get("Expiration") else time.time() + 3600
            # Well before the end, but not at every request when they come short-lived.
            self._renew_at = time.time() + max(5.0, (self._expires - time.time()) / 2)
        elif good:
            # Those at hand are still good: a metadata service that is down for a moment costs nothing.
            self._renew_at = time.time() + 5.0
        else:
            reason = {"none": "The instance has no IAM role", "disabled": "The metadata service is disabled"}
            text = reason.get(reading.status, "The metadata service did not give credentials")
            raise GuardError("NoCredentials", text + "; S3 cannot be used.", STORAGE)
