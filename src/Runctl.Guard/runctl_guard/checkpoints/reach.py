"""Which objects a manifest may name. The training has the rights of the guard in S3, so it can write any manifest."""
import re
from typing import Any, Dict, Optional

from ..aws.s3 import Location
from ..errors import STORAGE, GuardError

# {prefix}/{instance}/checkpoints/{head}.manifest.json
OF_INSTANCE = re.compile(r"(?s)(.+/)i-[0-9a-f]+/checkpoints/")


def folder_of(at: Location, store: Optional[Dict[str, Any]] = None) -> str:
    """What all keys begin with that the manifest there may name: a set lists files of earlier attempts, which other
    instances uploaded below the same prefix. A checkpoint that a person uploaded lies in one folder."""
    if store and at.bucket == store["bucket"] and at.key.startswith(own_prefix(store)):
        return own_prefix(store)
    match = OF_INSTANCE.match(at.key)
    if match:
        return match.group(1)
    folder = at.key.rpartition("/")[0]
    return folder + "/" if folder else at.key[:-len(".manifest.json")]


def own_prefix(store: Dict[str, Any]) -> str:
    return store["prefix"].strip("/") + "/"


def lies_below(key: str, folder: str) -> bool:
    """Without a step back: a proxy or a tool may take one for what it says."""
    return key.startswith(folder) and not any(part in (".", "..") for part in key.split("/"))


def check_keys(manifest: Dict[str, Any], at: Location, store: Optional[Dict[str, Any]] = None) -> None:
    """GuardError KeyRefused for the first key that is not the manifest's to name. The bucket is always its own."""
    folder = folder_of(at, store)
    for entry in manifest["files"]:
        if "key" in entry and not lies_below(entry["key"], folder):
            raise GuardError("KeyRefused", "%s names the object %s, which does not lie below s3://%s/%s; nothing of the "
                             "checkpoint is used." % (at.uri(), entry["key"], at.bucket, folder), STORAGE, entry["key"])
