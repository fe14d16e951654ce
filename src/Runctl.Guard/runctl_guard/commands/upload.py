"""`upload`: the newest good checkpoint to S3, now."""
from typing import Any, Dict, List, Optional

from ..aws.session import Session
from ..checkpoints.choice import Refused
from ..checkpoints.manifest import Facts, read_manifest
from ..checkpoints.names import Settings
from ..checkpoints.selection import order_of, reasons
from ..checkpoints.uploads import uploaded_text, uploads_of
from ..errors import REFUSED, STORAGE, GuardError
from ..runs.run import Run


def upload(run: Run, name: Optional[str]) -> Dict[str, Any]:
    """The manifest of the newest good checkpoint, uploaded now if it is not in S3 yet; with a name, the path it is to have as
    its head."""
    session = Session()
    uploads = uploads_of(run, session)
    if uploads.store is None:
        raise GuardError("NoBucket", "The run has no S3 bucket.", REFUSED, run.id)
    watch = uploads.checkpoints.watch
    watch.only_look()
    watch.look(whole=True, final=True)
    watch.cut_here(0.0)
    if name:
        watch.seen.configure(Settings(head=name, include=(name,)))
    refused: List[Refused] = []
    chosen = uploads.checkpoints.choose(uploads.store, refused.append)
    if chosen is None or name and chosen.checkpoint.head != name.rstrip("/"):
        if chosen is not None:
            chosen.opened.close()
        said = reasons(refused) or ["there is none"]
        raise GuardError("CheckpointNotFound", "No checkpoint can be uploaded: %s" % said[-1], REFUSED, name)
    facts = Facts("manual", None, order_of(run, chosen.checkpoint))
    job = uploads.start(chosen.checkpoint, lambda: chosen.opened, facts)
    job.wait()
    chosen.opened.close()
    if not job.committed:
        raise job.error if isinstance(job.error, GuardError) else GuardError("UploadFailed", str(job.error), STORAGE)
    run.emit("CheckpointUploaded", uploaded_text(run, job.committed), **job.committed)
    return dict(read_manifest(uploads.store.s3, job.committed["manifest"]), manifest=job.committed["manifest"])
