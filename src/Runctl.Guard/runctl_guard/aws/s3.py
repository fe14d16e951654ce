"""A small S3 client: signed requests with retries. What it is asked for in bulk is in upload.py and download.py."""
import email.utils
import hashlib
import http.client
import os
import random
import re
import time
from typing import Any, Callable, Dict, NamedTuple, Optional, Tuple

from ..errors import STORAGE, GuardError
from . import connections
from .credentials import CredentialSource
from .sigv4 import UNSIGNED, query_text, quote, sign

ATTEMPTS = 8
RETRIED_STATUS = {408, 429, 500, 502, 503, 504}
RETRIED_CODES = {"RequestTimeout", "SlowDown", "InternalError", "ServiceUnavailable", "Throttling", "BadDigest",
                 "ConditionalRequestConflict", "OperationAborted"}


class S3Error(GuardError):
    """An answer that is an error, or none at all (status 0)."""

    def __init__(self, status: int, code: str, message: str, target: str, elsewhere: Optional[str] = None) -> None:
        text = "%s: %s (%s)" % (target, message or code, code) if code else "%s: %s" % (target, message)
        id = {403: "StorageForbidden"}.get(status, "StorageFailed")
        if elsewhere:
            id = "BucketElsewhere"
            text = "The bucket of %s is in %s: checkpoints need one in the instance's own region" % (target, elsewhere)
        elif code == "NoSuchBucket":
            id, text = "BucketNotFound", "There is no bucket for %s" % target
        elif status == 403:
            text += ". The instance's role may lack the permission; a missing object without s3:ListBucket looks the same"
        super().__init__(id, text, STORAGE, target)
        self.status = status
        self.code = code


class Location(NamedTuple):
    bucket: str
    key: str

    def uri(self) -> str:
        return "s3://%s/%s" % self


def parse_uri(uri: str) -> Location:
    match = re.match(r"(?s)s3://([^/]+)/(.+)\Z", uri)
    if not match:
        raise GuardError("BadUri", "%s is not an S3 URI (s3://bucket/key)." % uri, target=uri)
    return Location(match.group(1), match.group(2))


class S3:
    def __init__(self, region: str, credentials: CredentialSource) -> None:
        self.region = region
        self._credentials = credentials
        self._endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        self._clock_offset = 0.0

    def _address(self, at: Location) -> Tuple[str, str, str]:
        """Scheme, host and path; the bucket is in the host name wherever that can work."""
        path = quote(at.key, "-_.~/")
        if self._endpoint:
            scheme, _, host = self._endpoint.rstrip("/").partition("://")
            return scheme, host, "/%s/%s" % (at.bucket, path)
        suffix = ".com.cn" if self.region.startswith("cn-") else ".com"
        if "." in at.bucket:
            return "https", "s3.%s.amazonaws%s" % (self.region, suffix), "/%s/%s" % (at.bucket, path)
        return "https", "%s.s3.%s.amazonaws%s" % (at.bucket, self.region, suffix), "/" + path

    def prepare(self, method: str, at: Location, query: Dict[str, str], headers: Dict[str, str],
                payload_hash: str) -> Tuple[str, Dict[str, str]]:
        """URL and signed headers."""
        scheme, host, path = self._address(at)
        signed = sign(method, host, path, query, headers, payload_hash, self._credentials.get(), self.region, "s3",
                      time.time() + self._clock_offset)
        return "%s://%s%s%s" % (scheme, host, path, "?" + query_text(query) if query else ""), signed

    def call(self, method: str, at: Location, query: Optional[Dict[str, str]] = None,
             headers: Optional[Dict[str, str]] = None, body: Any = b"", timeout: float = 10.0,
             attempts: int = ATTEMPTS, cancelled: Callable[[], bool] = lambda: False,
             receive: Optional[connections.Receive] = None) -> connections.Answer:
        """One request until it is answered; S3Error for an error answer or when retries have run out.

        `body` is bytes, or a function that opens a stream with `length` for every try. `receive` reads the answer to each try,
        unless that is an error.
        """
        for attempt in range(attempts):
            if attempt:
                time.sleep(min(5.0, 0.1 * 2 ** attempt) * random.uniform(0.5, 1.0))
            if cancelled():
                raise S3Error(0, "", "given up", at.uri())
            try:
                answer = self._once(method, at, query or {}, dict(headers or {}), body, timeout, receive)
            except (OSError, http.client.HTTPException) as error:
                failure = S3Error(0, type(error).__name__, str(error) or "no answer", at.uri())
                continue
            if answer.status < 300:
                return answer
            failure = error_from(answer, at, self.region)
            if not self._worth_another(answer, failure):
                raise failure
        raise failure

    def _once(self, method: str, at: Location, query: Dict[str, str], headers: Dict[str, str], body: Any,
              timeout: float, receive: Optional[connections.Receive]) -> connections.Answer:
        if callable(body):
            stream = body()
            headers["Content-Length"] = str(stream.length)
            url, signed = self.prepare(method, at, query, headers, UNSIGNED)
            return connections.request(method, url, signed, stream, timeout)
        if body or method in ("PUT", "POST"):
            headers["Content-Length"] = str(len(body))
        url, signed = self.prepare(method, at, query, headers, hashlib.sha256(body).hexdigest())
        return connections.request(method, url, signed, body or None, timeout, receive)

    def _worth_another(self, answer: connections.Answer, failure: S3Error) -> bool:
        if failure.code == "RequestTimeTooSkewed" and answer.header("date"):
            now = email.utils.parsedate_to_datetime(str(answer.header("date"))).timestamp()
            self._clock_offset = now - time.time()
            return True
        if failure.code in ("ExpiredToken", "InvalidAccessKeyId"):
            self._credentials.forget()
            return True
        return answer.status in RETRIED_STATUS or failure.code in RETRIED_CODES

    def get(self, at: Location, timeout: float = 10.0) -> connections.Answer:
        return self.call("GET", at, timeout=timeout)

    def head(self, at: Location) -> Optional[connections.Answer]:
        """The answer with checksums, or None where there is no such object."""
        try:
            try:
                return self._head(at)
            except S3Error as error:
                if error.status not in (400, 403):
                    raise
            # Without a body it did not say why. What can be put right, as credentials or the clock, is so by this.
            try:
                self.call("GET", at, headers={"Range": "bytes=0-0"})
            except S3Error as error:
                if error.status != 416:
                    raise
            return self._head(at)
        except S3Error as error:
            if error.status == 404:
                return None
            raise

    def _head(self, at: Location) -> connections.Answer:
        return self.call("HEAD", at, headers={"x-amz-checksum-mode": "ENABLED"})

    def put(self, at: Location, body: bytes, headers: Optional[Dict[str, str]] = None) -> connections.Answer:
        return self.call("PUT", at, headers=headers, body=body)


def error_from(answer: connections.Answer, at: Location, region: str) -> S3Error:
    text = answer.body.decode("utf-8", "replace")
    found = {name: value for name, value in re.findall(r"<(Code|Message|Region)>(.*?)</", text)}
    code = found.get("Code") or "HTTP %d" % answer.status
    # S3 names the bucket's region in a header, HEAD or not.
    right = answer.header("x-amz-bucket-region") or found.get("Region")
    if answer.status == 301 or code == "PermanentRedirect":
        right = right or "another region"
    elif code != "AuthorizationHeaderMalformed" or right == region:
        right = None
    return S3Error(answer.status, code, found.get("Message", ""), at.uri(), right)
