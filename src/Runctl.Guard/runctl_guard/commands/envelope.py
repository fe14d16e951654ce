"""Arguments that came as base64, so that no shell ever sees a user's text."""
import base64
import binascii
import json
from typing import Any, List, NamedTuple

from ..errors import USAGE, GuardError


class Envelope(NamedTuple):
    argv: List[str]
    stdin: Any


def decode(argument: str) -> Envelope:
    """Reads `@{base64}` of `{"argv": [...], "stdin": ...}`."""
    text = "".join(argument[1:].split())
    try:
        value = json.loads(base64.b64decode(text, validate=True).decode("utf-8"))
        argv = value["argv"]
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise GuardError("BadEnvelope", "The envelope cannot be read: %s" % error, USAGE)
    if not isinstance(argv, list) or not all(isinstance(item, str) for item in argv):
        raise GuardError("BadEnvelope", "The envelope's argv is not a list of texts.", USAGE)
    return Envelope(argv, value.get("stdin"))
