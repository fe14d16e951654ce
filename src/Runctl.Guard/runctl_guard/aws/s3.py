"""A small S3 client: signed requests with retries. What it is asked for in bulk is in upload.py and download.py."""
import hashlib
import http.client
import os
import re
import time
import zlib
from typing import Any, Callable, Dict, NamedTuple, Optional, Tuple

from ..errors import STORAGE, GuardError
from ..system.backoff import Backoff
from . import connections, crc
from .credentials import CredentialSource
from .endpoints import Endpoints
from .sigv4 import UNSIGNED, query_text, quote, sign

ATTEMPTS = 8
RETRIED_STATUS = {408, 429, 500, 502, 503, 504}
RETRIED_CODES = {"RequestTimeout", "SlowDown", "InternalError", "ServiceUnavailable", "Throttling", "BadDigest",
                 "ConditionalRequestConflict", "OperationAborted"}
# Of an answer that is not read into memory.
TOO_LARGE = "AnswerTooLarge"


class S3Error(GuardError):
    """An answer that is an error, or none at all (status 0). `passing`: the same request may succeed later."""

    def __init__(self, status: int, code: str, message: str, target: str, elsewhere: Optional[str] = None) -> None:
        text = "%s: %s (%s)" % (target, message or code, code) if code else "%s: %s" % (target, message)
        id = {403: "StorageForbidden"}.get(status, "StorageFailed")
        if elsewhere:
            id = "BucketElsewhere"
            text = "The bucket of %s is in %s: checkpoints need one in the instance's own region" % (target, elsewhere)
        elif code == "NoSuchBucket":
            id, text = "BucketNotFound", "There is no bucket for %s" % target
        elif status == 403:
            text += (". The instance's role may lack the permission (for encrypted buckets also kms:GenerateDataKey and "
                     "kms:Decrypt). A missing object without s3:ListBucket looks the same. A bucket whose policy demands encryption "
                     "needs s3_sse, and s3_kms_key_id for a key of your own, below [aws] in .runctl.toml")
        super().__init__(id, text, STORAGE, target)
        self.status = status
        self.code = code
        self.passing = False


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


def encryption_headers(store: Optional[Dict[str, Any]]) -> Dict[str, str]:
    """What new objects of this store are sent with, by `s3_sse` and `s3_kms_key_id`; nothing without them."""
    found = {"x-amz-server-side-encryption": (store or {}).get("sse"),
             "x-amz-server-side-encryption-aws-kms-key-id": (store or {}).get("kms_key_id")}
    return {name: value for name, value in found.items() if value}


class S3:
    def __init__(self, region: str, credentials: CredentialSource, endpoints: Endpoints, encryption: Dict[str, str]) -> None:
        self.region = region
        self._credentials, self._endpoints, self._encryption = credentials, endpoints, encryption
        self._endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        self._clock_offset = 0.0

    def _address(self, at: Location) -> Tuple[str, str, str]:
        """Scheme, host and path; the bucket is in the host name wherever that can work."""
        path = quote(at.key, "-_.~/")
        if self._endpoint:
            scheme, _, host = self._endpoint.rstrip("/").partition("://")
            return scheme, host, "/%s/%s" % (at.bucket, path)
        host = self._endpoints.host("s3", self.region)
        if "." in at.bucket:
            return "https", host, "/%s/%s" % (at.bucket, path)
        return "https", "%s.%s" % (at.bucket, host), "/" + path

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
        backoff = Backoff(tries=attempts)
        while not cancelled():
            try:
                answer = self._once(method, at, query or {}, dict(headers or {}), body, timeout, receive)
            except connections.AnswerTooLarge as error:
                raise S3Error(200, TOO_LARGE, str(error), at.uri())
            except (OSError, http.client.HTTPException) as error:
                failure = S3Error(0, type(error).__name__, str(error) or "no answer", at.uri())
                failure.passing = True
            else:
                if answer.status < 300:
                    return answer
                failure = error_from(answer, at, self.region)
                failure.passing = self._worth_another(answer, failure)
            if not failure.passing or not backoff.wait():
                raise failure
        raise S3Error(0, "", "given up", at.uri())

    def _once(self, method: str, at: Location, query: Dict[str, str], headers: Dict[str, str], body: Any,
              timeout: float, receive: Optional[connections.Receive]) -> connections.Answer:
        if "uploads" in query or method == "PUT" and "partNumber" not in query:
            headers.update(self._encryption)
        if callable(body):
            stream = body()
            headers["Content-Length"] = str(stream.length)
            url, signed = self.prepare(method, at, query, headers, UNSIGNED)
            return connections.request(method, url, signed, stream, timeout)
        if body or method in ("PUT", "POST"):
            headers["Content-Length"] = str(len(body))
        if method == "PUT" and "x-amz-copy-source" not in headers:
            # A bucket with Object Lock and default retention takes nothing without; what was spoilt on its way is refused.
            headers.setdefault("x-amz-checksum-crc32", crc.to_base64(zlib.crc32(body)))
        url, signed = self.prepare(method, at, query, headers, hashlib.sha256(body).hexdigest())
        return connections.request(method, url, signed, body or None, timeout, receive)

    def _worth_another(self, answer: connections.Answer, failure: S3Error) -> bool:
        offset = answer.clock_offset()
        if failure.code == "RequestTimeTooSkewed" and offset is not None:
            self._clock_offset = offset
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
