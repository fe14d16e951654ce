"""Values that are kept elsewhere: `ssm:/name` and `secretsmanager:arn`, read by the instance's role, stored nowhere."""
import hashlib
import json
import os
import time
import urllib.parse
from typing import Any, Dict

from . import http as web
from .credentials import CredentialSource
from .errors import GuardError
from .sigv4 import sign


def resolve(environment: Dict[str, str], region: str, credentials: CredentialSource) -> Dict[str, str]:
    resolved = {}
    for name, value in environment.items():
        kind, _, reference = value.partition(":")
        if kind == "ssm" and reference:
            answer = _call("ssm", "AmazonSSM.GetParameter", {"Name": reference, "WithDecryption": True}, region,
                           credentials, name)
            value = answer["Parameter"]["Value"]
        elif kind == "secretsmanager" and reference:
            answer = _call("secretsmanager", "secretsmanager.GetSecretValue", {"SecretId": reference}, region,
                           credentials, name)
            value = answer["SecretString"]
        resolved[name] = value
    return resolved


def _call(service: str, action: str, body: Any, region: str, credentials: CredentialSource, name: str) -> Dict[str, Any]:
    endpoint = os.environ.get("AWS_ENDPOINT_URL_" + service.upper()) or os.environ.get("AWS_ENDPOINT_URL") \
        or "https://%s.%s.amazonaws.com" % (service, region)
    data = json.dumps(body).encode("utf-8")
    host = urllib.parse.urlsplit(endpoint).netloc
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": action}
    for attempt in range(5):
        time.sleep(0.2 * attempt)
        signed = sign("POST", host, "/", {}, headers, hashlib.sha256(data).hexdigest(), credentials.get(), region,
                      service, time.time())
        try:
            answer = web.request("POST", endpoint.rstrip("/") + "/", signed, data)
        except OSError:
            continue
        if answer.status == 200:
            return json.loads(answer.body.decode("utf-8"))
        if answer.status < 500 and answer.status != 429:
            break
    raise GuardError("SecretNotFound", "The value of %s cannot be read: %s does not give it to this instance's role."
                     % (name, service), target=name)
