"""Brings a checkpoint from S3 back to the disk, whole and checked."""
import json
import os
import shutil
import time
from typing import Any, Dict

from ..aws.download import download
from ..aws.s3 import S3, Location, S3Error, parse_uri
from ..errors import REFUSED, STORAGE, GuardError
from ..system.clock import parse_utc
from ..system.paths import safe_join
from ..system.users import User, give, make_directories


def read_manifest(s3: S3, uri: str) -> Dict[str, Any]:
    try:
        body = json.loads(s3.get(parse_uri(uri)).body.decode("utf-8"))
        if body["schema"] != 1 or not body["files"]:
            raise GuardError("BadManifest", "%s is not a manifest this version can read." % uri, STORAGE, uri)
        return body
    except S3Error as error:
        if error.status == 404:
            raise GuardError("CheckpointNotFound", "There is no manifest %s." % uri, REFUSED, uri)
        raise
    except (ValueError, KeyError, TypeError):
        raise GuardError("BadManifest", "%s is not a manifest." % uri, STORAGE, uri)


def restore(s3: S3, uri: str, directory: str, user: User) -> Dict[str, Any]:
    """Downloads and verifies a checkpoint into the directory; returns its manifest with `local`, the path it has now.

    What stood under its name is kept beside it: it may be newer than what S3 has.
    """
    manifest = read_manifest(s3, uri)
    bucket = parse_uri(uri).bucket
    make_directories(directory, user)
    final = safe_join(directory, manifest["name"])
    staging = os.path.join(directory, ".runctl-restore")
    shutil.rmtree(staging, ignore_errors=True)
    os.mkdir(staging)
    give(staging, user)
    try:
        saved = parse_utc(manifest["saved_at"])
        for entry in manifest["files"]:
            path = safe_join(os.path.join(staging, manifest["name"]), entry["path"]) \
                if manifest["kind"] == "directory" else os.path.join(staging, manifest["name"])
            make_directories(os.path.dirname(path), user)
            download(s3, Location(bucket, entry["key"]), path, entry["size"], entry["crc32"])
            # With its time of save it is not mistaken for something this attempt saved.
            os.utime(path, (saved, saved))
            give(path, user)
        if os.path.lexists(final):
            os.rename(final, "%s.replaced-%d" % (final, int(time.time())))
        os.rename(os.path.join(staging, manifest["name"]), final)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return dict(manifest, local=final)
