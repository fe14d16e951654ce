"""What an attempt begins with: the checkpoint it goes on from, and what else is in the directory then."""
import os
import time
from typing import Any, Dict, List, Optional

from ..aws.s3 import parse_uri
from ..aws.session import Session
from ..aws.upload import Stored
from ..errors import REFUSED, GuardError
from ..runs import spec
from ..runs.run import Run
from ..system import files, paths, user_files
from ..system.users import User
from .reach import lies_below, own_prefix
from .restore import restore
from .uploads import uploads_of


def resume(run: Run, session: Session, resume_from: Dict[str, Any]) -> None:
    """Restores the checkpoint, or takes the one that is on the instance."""
    started = time.monotonic()
    directory, manifest = run.state["checkpoint_dir"], {}  # type: ignore
    if resume_from.get("manifest"):
        limit = run.spec["checkpoint"].get("restore_limit")
        manifest = restore(session.s3(run.spec), resume_from["manifest"], directory, spec.run_user(run), limit,
                           run.spec.get("store"))
        path, brought = manifest["local"], manifest["restored"]
        files.write_json(run.file("references.json"), {
            "schema": 1, "attempt": run.state["attempt"], "files": [
                dict(entry, **{"class": "older"}) for entry in manifest["left"]
                if entry["path"] not in manifest["lost"]
                and ("key" not in entry or _is_ours(run, manifest.get("run_id"), resume_from["manifest"], entry["key"]))]})
    else:
        path = _on_instance(run, resume_from["path"])
        brought = resume_from.get("files") or _belonging(directory, path, spec.run_user(run))
    name = os.path.relpath(path, directory)
    run.update(restored={"path": path, "files": brought, "manifest": resume_from.get("manifest")},
               resumed_from={"manifest": resume_from.get("manifest"), "name": name if not name.startswith("..") else
                             os.path.basename(path), "step": manifest.get("step"), "last_step": manifest.get("last_step"),
                             "run_id": manifest.get("run_id")})
    if manifest:
        files.write_json(run.file("restored.json"), {"schema": 1, "attempt": run.state["attempt"],
                                                     "manifest": resume_from["manifest"], "run_id": manifest.get("run_id"),
                                                     "files": manifest["files"]})
    run.emit("CheckpointRestored", "Checkpoint restored: %s" % path, path=path, manifest=resume_from.get("manifest"),
             step=manifest.get("step"), seconds=round(time.monotonic() - started, 3), files=len(brought),
             left=len(manifest.get("left") or ()), moved=manifest.get("moved"))


def _is_ours(run: Run, run_id: Optional[str], manifest: str, key: str) -> bool:
    """Whether manifests of this run may name the object of another manifest. An object of another run goes when that run deletes
    it (`keep_last_n`), so this run sends the file again under a key of its own."""
    store = run.spec.get("store")
    return bool(store) and run_id == run.id and parse_uri(manifest).bucket == store["bucket"] and lies_below(key, own_prefix(store))


def _on_instance(run: Run, path: str) -> str:
    path = paths.under_root(path) if os.path.isabs(path) else os.path.join(run.state["project_dir"], path)
    path = os.path.normpath(path)
    folder, name = os.path.split(path)
    # A prefix, as TensorFlow's, stands for its files.
    user = spec.run_user(run)
    if not user_files.exists(path, user) and not any(other.startswith(name + ".") for other in user_files.names_in(folder, user)):
        raise GuardError("CheckpointNotFound", "There is no checkpoint %s on the instance." % path, REFUSED, path)
    return path


def _belonging(directory: str, path: str, user: User) -> List[str]:
    """The files that a path on the instance stands for, below the checkpoint directory."""
    above, name = os.path.split(path)
    if user_files.is_folder(path, user):
        with user_files.open_folder(path, user) as folder:
            found = [os.path.join(path, one.path) for one in folder.walk() if one.kind != "dir"]
    elif user_files.exists(path, user):
        found = [path]
    else:
        found = [os.path.join(above, other) for other in user_files.names_in(above, user) if other.startswith(name + ".")]
    return [os.path.relpath(place, directory) for place in found if place.startswith(directory + os.sep)]


def note_beginning(run: Run, session: Session) -> None:
    """Right before the training starts: what is there is not its own, except for what was restored for it."""
    uploads = uploads_of(run, session)
    restored = run.state.get("restored") or {}
    uploads.checkpoints.watch.begin(restored.get("files") or ())
    kept = files.read_json(run.file("restored.json")) or {}
    if uploads.store is None or kept.get("attempt") != run.state["attempt"]:
        return
    # What was restored from this run's own checkpoint is in S3: it is listed again, and not sent again.
    seen = uploads.checkpoints.watch.seen.files
    for entry in kept["files"]:
        if "key" in entry and _is_ours(run, kept.get("run_id"), kept["manifest"], entry["key"]) \
                and entry["path"] in seen and seen[entry["path"]].size == entry["size"]:
            uploads.store.objects.note(seen[entry["path"]].version, entry["key"], Stored(entry["size"], entry["crc32"]))


def last_known(run: Run) -> Optional[Dict[str, Any]]:
    """The newest checkpoint in S3 that the attempt has, if only the one it began with."""
    state = run.state
    resumed = state.get("resumed_from") or {}
    began = {name: resumed.get(name) for name in ("name", "step", "last_step", "manifest")} if resumed.get("manifest") else None
    checkpoint = state.get("checkpoint")
    return checkpoint or began
