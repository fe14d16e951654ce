"""`restore`: a checkpoint from S3 into a directory."""
import os
from typing import Any, Dict

from ..aws.session import Session
from ..checkpoints.restore import restore
from ..system import paths
from ..system.users import by_id


def restore_into(manifest: str, into: str) -> Dict[str, Any]:
    directory = paths.under_root(into) if os.path.isabs(into) else os.path.abspath(into)
    nearest = directory
    while not os.path.exists(nearest):
        nearest = os.path.dirname(nearest)
    # The checkpoint gets the owner of the directory.
    user = by_id(os.stat(nearest).st_uid)
    body = restore(Session().s3(), manifest, directory, user)
    return {"schema": 1, "path": body["local"], "name": body["name"], "step": body["step"], "bytes": body["bytes"]}
