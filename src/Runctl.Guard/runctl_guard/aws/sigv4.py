"""AWS Signature Version 4 for a request that is about to be sent."""
import hashlib
import hmac
import time
import urllib.parse
from typing import Dict

from .credentials import Credentials

UNSIGNED = "UNSIGNED-PAYLOAD"


def quote(text: str, safe: str = "-_.~") -> str:
    return urllib.parse.quote(text, safe=safe)


def query_text(query: Dict[str, str]) -> str:
    return "&".join("%s=%s" % (quote(name), quote(value)) for name, value in sorted(query.items()))


def sign(method: str, host: str, path: str, query: Dict[str, str], headers: Dict[str, str], payload_hash: str,
         credentials: Credentials, region: str, service: str, now: float) -> Dict[str, str]:
    """The headers to send: those given, and host, date, token and Authorization. `path` is quoted already."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    scope = "%s/%s/%s/aws4_request" % (stamp[:8], region, service)
    signed = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    signed.update({"host": host, "x-amz-date": stamp, "x-amz-content-sha256": payload_hash})
    if credentials.token:
        signed["x-amz-security-token"] = credentials.token
    names = sorted(name for name in signed if name != "content-length")
    canonical = "\n".join([method, path, query_text(query)] + ["%s:%s" % (name, signed[name]) for name in names]
                          + ["", ";".join(names), payload_hash])
    digest = hashlib.sha256(canonical.encode("utf-8")).hexdigest()
    key = ("AWS4" + credentials.secret).encode("utf-8")
    for part in (stamp[:8], region, service, "aws4_request"):
        key = hmac.new(key, part.encode("utf-8"), hashlib.sha256).digest()
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, digest])
    signature = hmac.new(key, text.encode("utf-8"), hashlib.sha256).hexdigest()
    signed["authorization"] = "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s" % (
        credentials.key, scope, ";".join(names), signature)
    return signed
