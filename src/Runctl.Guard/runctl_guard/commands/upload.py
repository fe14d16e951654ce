"""`upload`: the newest good checkpoint to S3, now."""
from typing import Any, Dict, Optional

from ..aws.session import Session
from ..checkpoints import discovery, restore, selection
from ..checkpoints.uploads import uploads_of
from ..checkpoints.validation import validate
from ..errors import REFUSED, STORAGE, GuardError
from ..runs.run import Run


def upload(run: Run, name: Optional[str]) -> Dict[str, Any]:
    """The manifest of the newest good checkpoint, or of the one named, uploaded now if it is not in S3 yet."""
    session = Session()
    uploads = uploads_of(run, session)
    if uploads.store is None:
        raise GuardError("NoBucket", "The run has no S3 bucket.", REFUSED, run.id)
    ordered = discovery.scan(run.state["checkpoint_dir"], [name]) if name else selection.of_attempt(run)
    reasons = ["there is none"]
    found = selection.best(run, [(candidate, candidate.path) for candidate in ordered],
                           lambda candidate, _: validate(candidate),
                           lambda candidate, reason: reasons.append("%s: %s" % (candidate.path, reason)))
    if not found:
        raise GuardError("CheckpointNotFound", "No checkpoint can be uploaded: %s" % reasons[-1], REFUSED, name)
    job = uploads.start(found[0], "manual", None, found[2])
    job.wait()
    if not job.committed:
        raise job.error if isinstance(job.error, GuardError) else GuardError("UploadFailed", str(job.error), STORAGE)
    run.emit("CheckpointUploaded", "Checkpoint uploaded to S3: %s" % job.committed["uri"], **job.committed)
    return dict(restore.read_manifest(uploads.store.s3, job.committed["manifest"]), manifest=job.committed["manifest"])
