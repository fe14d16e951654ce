"""`upload` and `restore`: what a person or a script asks for by hand."""
import os
from typing import Any, Dict, Optional

from ..aws.session import Services
from ..checkpoints import discovery, selection, store
from ..checkpoints.validation import validate
from ..errors import REFUSED, STORAGE, GuardError
from ..runs.run import Run
from ..system import paths
from ..system.users import by_id


def upload(run: Run, name: Optional[str]) -> Dict[str, Any]:
    """The manifest of the newest good checkpoint, or of the one named, uploaded now if it is not in S3 yet."""
    services = Services()
    uploads = services.uploads(run)
    if uploads.store is None:
        raise GuardError("NoBucket", "The run has no S3 bucket.", REFUSED, run.id)
    ordered = discovery.scan(run.state["checkpoint_dir"], [name]) if name else selection.of_attempt(run)
    reasons = ["there is none"]
    found = selection.best(run, [(one, one.path) for one in ordered], lambda one, _: validate(one),
                         lambda one, reason: reasons.append("%s: %s" % (one.path, reason)))
    if not found:
        raise GuardError("CheckpointNotFound", "No checkpoint can be uploaded: %s" % reasons[-1], REFUSED, name)
    job = uploads.start(found[0], "manual", None, found[2])
    job.wait()
    if not job.committed:
        raise job.error if isinstance(job.error, GuardError) else GuardError("UploadFailed", str(job.error), STORAGE)
    run.emit("CheckpointUploaded", "Checkpoint uploaded to S3: %s" % job.committed["uri"], **job.committed)
    return dict(store.read_manifest(uploads.store.s3, job.committed["manifest"]), manifest=job.committed["manifest"])


def restore(manifest: str, into: str) -> Dict[str, Any]:
    directory = paths.under_root(into) if os.path.isabs(into) else os.path.abspath(into)
    nearest = directory
    while not os.path.exists(nearest):
        nearest = os.path.dirname(nearest)
    # Whose directory it is, his the checkpoint will be.
    user = by_id(os.stat(nearest).st_uid)
    body = store.restore(Services().s3(), manifest, directory, user)
    return {"schema": 1, "path": body["local"], "name": body["name"], "step": body["step"], "bytes": body["bytes"]}
