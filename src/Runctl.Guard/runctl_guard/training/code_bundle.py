"""The code bundle: fetched, checked, unpacked where nothing can escape, and synced into the project."""
import contextlib
import hashlib
import os
import shutil
import tarfile
import threading
from typing import Any, Dict, Iterator, List, Set

from ..aws.download import download
from ..aws.s3 import S3, Location
from ..errors import REFUSED, GuardError
from ..runs.run import Run
from ..system import files, paths
from ..system.paths import safe_join
from ..system.users import User, give, make_directories

ERRORS = {"ObjectNotFound": "CodeNotFound", "ChecksumMismatch": "CodeDamaged", "UnsafePath": "CodeUnsafe"}


def install(run: Run, code: Dict[str, Any], s3: Any, user: User) -> None:
    """Brings the project's code to what the bundle holds; checkpoints and other files are not touched.

    `s3` is asked for a client only when the bundle is in S3.
    """
    project = run.state["project_dir"]
    known = files.read_json(_list_file(project)) or {}
    with _errors():
        archive = _fetch(run, code, s3)
    staging = run.file("staging")
    shutil.rmtree(staging, ignore_errors=True)
    os.mkdir(staging, 0o700)
    try:
        with _errors():
            names = unpack(archive, staging)
        make_directories(project, user)
        for name in names:
            _place(staging, project, name, user)
        kept = set(names)
        for name in known.get("files", []):
            if name not in kept:
                _remove(project, name, run.state["checkpoint_dir"])
        os.makedirs(os.path.dirname(_list_file(project)), exist_ok=True)
        files.write_json(_list_file(project), {"schema": 1, "sha256": code["sha256"], "files": sorted(kept)})
    finally:
        shutil.rmtree(staging, ignore_errors=True)


@contextlib.contextmanager
def _errors() -> Iterator[None]:
    """Under names of their own: by those of a damaged checkpoint a resumer would reject good ones."""
    try:
        yield
    except GuardError as error:
        if error.id not in ERRORS:
            raise
        raise GuardError(ERRORS[error.id], "The code bundle can not be used: " + error.message, REFUSED, error.target)


def _list_file(project: str) -> str:
    return os.path.join(paths.home(), "projects", hashlib.sha256(project.encode()).hexdigest()[:16] + ".json")


def _fetch(run: Run, code: Dict[str, Any], s3: Any) -> str:
    path = paths.under_root(code["path"]) if code.get("path") else os.path.join(
        paths.home(), "code", code["sha256"] + ".tar.gz")
    if not code.get("path") and not os.path.exists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        client: S3 = s3()
        download(client, Location(code["bucket"], code["key"]), path, code.get("size"))
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            for block in iter(lambda: file.read(1 << 20), b""):
                digest.update(block)
    except FileNotFoundError:
        raise GuardError("CodeNotFound", "The code bundle %s is not on the instance." % path, REFUSED, path)
    if digest.hexdigest() != code["sha256"]:
        os.unlink(path)
        raise GuardError("CodeDamaged", "The code bundle is not what was sent: its SHA-256 is wrong.", REFUSED, path)
    return path


def unpack(archive: str, directory: str) -> List[str]:
    """Unpacks files, directories and links that stay inside; returns the names of files and links."""
    names: List[str] = []
    links: Set[str] = set()
    with tarfile.open(archive, "r:gz") as tar:
        for member in tar:
            name = os.path.normpath(member.name) if not member.name.startswith("/") else member.name
            if name == ".":
                continue
            path = safe_join(directory, name)
            parents = {name[:index] for index, character in enumerate(name) if character == "/"}
            if parents & links or name in links:
                raise GuardError("UnsafePath", "%s lies behind a link." % member.name, target=member.name)
            if member.isdir():
                os.makedirs(path, exist_ok=True)
                continue
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if member.issym():
                _check_link(name, member.linkname)
                os.symlink(member.linkname, path)
                links.add(name)
            elif member.isreg():
                source = tar.extractfile(member)
                assert source is not None
                with open(path, "wb") as out:
                    shutil.copyfileobj(source, out, 1 << 20)
                os.chmod(path, 0o755 if member.mode & 0o100 else 0o644)
                os.utime(path, (member.mtime, member.mtime))
            else:
                raise GuardError("UnsafePath", "%s is neither a file nor a link." % member.name, target=member.name)
            names.append(name)
    return names


def _check_link(name: str, target: str) -> None:
    reached = os.path.normpath(os.path.join(os.path.dirname(name), target))
    if target.startswith("/") or reached == ".." or reached.startswith("../"):
        raise GuardError("UnsafePath", "The link %s leads out of the project." % name, target=name)


def _place(staging: str, project: str, name: str, user: User) -> None:
    target = os.path.join(project, name)
    make_directories(os.path.dirname(target), user)
    if os.path.isdir(target) and not os.path.islink(target):
        raise GuardError("PathInUse", "%s is a directory on the instance and a file in the code." % name, target=name)
    # Staging may be on another file system, so the file is moved beside its place first.
    temporary = "%s.%d.%d.runctl-new" % (target, os.getpid(), threading.get_ident())
    shutil.move(os.path.join(staging, name), temporary)
    give(temporary, user)
    os.replace(temporary, target)


def _remove(project: str, name: str, checkpoint_dir: str) -> None:
    path = os.path.join(project, name)
    if path.startswith(checkpoint_dir.rstrip("/") + "/") or not os.path.lexists(path):
        return
    os.unlink(path)
    parent = os.path.dirname(path)
    while parent != project and not os.listdir(parent):
        os.rmdir(parent)
        parent = os.path.dirname(parent)
