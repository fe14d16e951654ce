"""Values that are kept elsewhere: `ssm:/name` and `secretsmanager:arn`, read by the instance's role, stored nowhere."""
import hashlib
import http.client
import json
import os
import time
import urllib.parse
from typing import Any, Dict, Tuple

from ..errors import REFUSED, STORAGE, GuardError
from ..system.backoff import Backoff
from . import connections
from .credentials import CredentialSource
from .endpoints import Endpoints
from .sigv4 import sign

PREFIXES = ("ssm:", "secretsmanager:")
ATTEMPTS = 5
MISSING = ("ParameterNotFound", "ParameterVersionNotFound", "ResourceNotFoundException")
FORBIDDEN = ("AccessDeniedException", "InvalidKeyId", "DecryptionFailure", "KMSAccessDeniedException")
EXPIRED = ("ExpiredTokenException", "UnrecognizedClientException", "InvalidClientTokenId")
SKEWED = ("InvalidSignatureException", "RequestExpired", "SignatureDoesNotMatch")


def resolve(values: Dict[str, str], region: str, credentials: CredentialSource, endpoints: Endpoints) -> Dict[str, str]:
    """The values with references replaced by what they mean; GuardError that names the variable, never the value."""
    return {name: _read(name, value, region, credentials, endpoints) if value.startswith(PREFIXES) else value
            for name, value in values.items()}


def _read(name: str, value: str, region: str, credentials: CredentialSource, endpoints: Endpoints) -> str:
    kind, _, reference = value.partition(":")
    if reference.startswith("arn:"):
        region = (reference.split(":") + [""] * 4)[3] or region
    if kind == "ssm":
        action, body = "AmazonSSM.GetParameter", {"Name": reference, "WithDecryption": True}
    else:
        action, body = "secretsmanager.GetSecretValue", {"SecretId": reference}
    endpoint = os.environ.get("AWS_ENDPOINT_URL_" + kind.upper()) or os.environ.get("AWS_ENDPOINT_URL") \
        or "https://" + endpoints.host(kind, region)
    answer, code = _ask(kind, endpoint.rstrip("/"), action, body, region, credentials)
    text = (answer.get("Parameter") or {}).get("Value") if kind == "ssm" else answer.get("SecretString")
    if text is not None and "\0" not in text:
        return text
    what = "The value of %s cannot be read: " % name
    if code in MISSING:
        raise GuardError("SecretNotFound", what + "there is no %s in %s." % (value, region), REFUSED, name)
    if code in FORBIDDEN:
        raise GuardError("SecretForbidden", what + "the instance's role may not read or decrypt %s (%s)." % (value, code),
                         REFUSED, name)
    if answer:
        raise GuardError("SecretNotText", what + "%s is not a text." % value, REFUSED, name)
    raise GuardError("SecretUnavailable", what + "%s did not give %s (%s)." % (kind, value, code), STORAGE, name)


def _ask(service: str, endpoint: str, action: str, body: Any, region: str,
         credentials: CredentialSource) -> Tuple[Dict[str, Any], str]:
    """The answer, or nothing and the code of the last error."""
    host, data = urllib.parse.urlsplit(endpoint).netloc, json.dumps(body).encode("utf-8")
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": action}
    code, offset, again = "no answer", 0.0, True
    backoff = Backoff(tries=ATTEMPTS)
    while again:
        signed = sign("POST", host, "/", {}, headers, hashlib.sha256(data).hexdigest(), credentials.get(), region,
                      service, time.time() + offset)
        try:
            answer = connections.request("POST", endpoint + "/", signed, data, timeout=5.0)
        except (OSError, http.client.HTTPException):
            again = backoff.wait()
            continue
        try:
            value = json.loads(answer.body.decode("utf-8"))
        except ValueError:
            value = {}
        if answer.status == 200:
            return value, ""
        # It may come with a namespace before it, or an address after it.
        code = str(value.get("__type") or "HTTP %d" % answer.status).rpartition("#")[2].partition(":")[0]
        theirs = answer.clock_offset()
        if code in SKEWED and theirs is not None:
            offset = theirs
        elif code in EXPIRED:
            credentials.forget()
        elif answer.status < 500 and answer.status != 429 and "Throttl" not in code and "TooMany" not in code:
            break
        again = backoff.wait()
    return {}, code
