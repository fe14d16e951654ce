"""The code bundle: fetched, checked, unpacked where nothing can escape, and synced into the project."""
import contextlib
import hashlib
import os
import tarfile
import threading
from typing import Any, Dict, Iterator, List, Optional, Set

from ..aws.download import download
from ..aws.s3 import S3, Location
from ..errors import REFUSED, GuardError
from ..runs.run import Run
from ..system import files, paths
from ..system.paths import check_links, is_too_long, safe_join
from ..system.user_files import Folder, make_folder, open_folder, write_all
from ..system.users import User

ERRORS = {"ObjectNotFound": "CodeNotFound", "ChecksumMismatch": "CodeDamaged", "UnsafePath": "CodeUnsafe",
          "LinkInTheWay": "CodeUnsafe"}


def install(run: Run, code: Dict[str, Any], s3: Any, user: User) -> None:
    """Brings the project's code to what the bundle holds; checkpoints and other files are not touched.

    `s3` is asked for a client only when the bundle is in S3.
    """
    project = run.state["project_dir"]
    known = set((files.read_json(_list_file(project)) or {}).get("files", []))
    with _errors():
        archive = _fetch(run, code, s3)
    staging = run.file("staging")
    files.remove_folder(staging)
    files.make_folder(staging)
    try:
        with _errors():
            names = unpack(archive, staging)
        files.make_folder(os.path.dirname(_list_file(project)))
        # With what is about to come: a sync that is cut off leaves nothing that the next one does not know.
        _write_list(project, code, known | set(names))
        with _may_write(project, user), make_folder(project, user) as folder, open_folder(staging, None) as unpacked:
            sync = _Sync(folder, unpacked, _inside(project, run.state["checkpoint_dir"]))
            moved = sync.run(names, known)
        _write_list(project, code, set(names))
    finally:
        files.remove_folder(staging)
    if moved or sync.skipped:
        run.warn("CodeInTheWay", _told(moved, sync.skipped), moved=moved, paths=sorted(sync.moved), skipped=sync.skipped)


@contextlib.contextmanager
def _may_write(project: str, user: User) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise GuardError("ProjectRefused", "%s may not write the code to %s: %s. Give the directory and all in it to that user."
                         % (user.name, error.filename or project, error.strerror), REFUSED, project)


def _write_list(project: str, code: Dict[str, Any], names: Set[str]) -> None:
    files.write_json(_list_file(project), {"schema": 1, "sha256": code["sha256"], "files": sorted(names)})


def _inside(project: str, path: str) -> Optional[str]:
    """The path as seen from the project; None if it is elsewhere."""
    return os.path.relpath(path, project) if path.startswith(project.rstrip("/") + "/") else None


def _told(moved: Optional[str], skipped: List[str]) -> str:
    text = []
    if moved:
        text.append("Files on the instance were in the way of the code, and are in %s now." % moved)
    if skipped:
        text.append("The checkpoint directory is a link: the code's files in it were not placed: %s." % ", ".join(skipped[:5]))
    return " ".join(text)


class _Sync:
    """Makes the project what the bundle is. What is gone or another kind of thing now is removed first, and nothing is placed
    through a link."""

    def __init__(self, folder: Folder, unpacked: Folder, checkpoints: Optional[str]) -> None:
        self._folder, self._unpacked, self._checkpoints = folder, unpacked, checkpoints
        self.moved: List[str] = []
        self.skipped: List[str] = []

    def run(self, names: List[str], known: Set[str]) -> Optional[str]:
        """Where the user's files that were in the way are now."""
        for name in sorted(known - set(names), reverse=True):
            self._remove(name, known)
        names = [name for name in names if not self._is_behind_link(name)]
        in_the_way = self._in_the_way(names, known)
        aside = None
        if in_the_way:
            with self._folder.aside("replaced") as beside:
                aside = beside.path
                for name in in_the_way:
                    self._folder.rename(name, name, beside)
                    self.moved.append(name)
        for name in names:
            self._place(name)
        return aside

    def _remove(self, name: str, known: Set[str]) -> None:
        """What an earlier bundle brought, if it still is what was brought: below a link of the user's there is nothing of ours."""
        if self._is_checkpoint(name):
            return
        above = _above(name)
        if any(self._kind(path) != "dir" for path in above) or self._kind(name) not in ("file", "link"):
            return
        self._folder.remove(name)
        for path in reversed(above):
            if not self._folder.remove_empty(path):
                break

    def _in_the_way(self, names: List[str], known: Set[str]) -> List[str]:
        """What was no part of a bundle and lies where one has something of another kind."""
        found: Set[str] = set()
        for name in names:
            for path in _above(name):
                kind = self._kind(path) if not found & set(_above(path)) else None
                if kind not in (None, "dir"):
                    self._add(path, found)
            if not found & set(_above(name)) and self._kind(name) in ("dir", "other"):
                self._add(name, found)
        return sorted(found)

    def _add(self, path: str, found: Set[str]) -> None:
        if self._checkpoints and (self._checkpoints + "/").startswith(path + "/"):
            raise GuardError("PathInUse", "%s is or holds the checkpoint directory, and is another kind of thing in the code: give "
                             "one of them another name." % path, REFUSED, path)
        found.add(path)

    def _is_checkpoint(self, name: str) -> bool:
        return self._checkpoints is not None and name.startswith(self._checkpoints + "/")

    def _is_behind_link(self, name: str) -> bool:
        """A checkpoint directory that is a link to another disk stays one: the user made it."""
        if self._is_checkpoint(name) and any(self._kind(path) == "link" for path in _above(self._checkpoints + "/x")):
            self.skipped.append(name)
            return True
        return False

    def _kind(self, name: str) -> Optional[str]:
        try:
            return self._folder.kind(name)
        except GuardError:
            return None  # It would lie behind a link or a file.

    def _place(self, name: str) -> None:
        def make(waiting: str) -> None:
            if self._unpacked.kind(name) == "link":
                self._folder.link(self._unpacked.target(name), waiting)
            else:
                self._unpacked.copy_file(name, waiting, self._folder)
        self._folder.place(name, make)


def _above(name: str) -> List[str]:
    return [name[:index] for index, character in enumerate(name) if character == "/"]


@contextlib.contextmanager
def _errors() -> Iterator[None]:
    """Under names of their own: by those of a damaged checkpoint a resumer would reject good ones."""
    try:
        yield
    except GuardError as error:
        if error.id not in ERRORS:
            raise
        raise GuardError(ERRORS[error.id], "The code bundle cannot be used: " + error.message, REFUSED, error.target)


def _list_file(project: str) -> str:
    return os.path.join(paths.home(), "projects", hashlib.sha256(project.encode()).hexdigest()[:16] + ".json")


def _fetch(run: Run, code: Dict[str, Any], s3: Any) -> str:
    path = paths.under_root(code["path"]) if code.get("path") else os.path.join(
        paths.home(), "code", code["sha256"] + ".tar.gz")
    if not code.get("path") and not os.path.exists(path):
        files.make_folder(os.path.dirname(path))
        client: S3 = s3()
        waiting = "%s.%d.%d.tmp" % (path, os.getpid(), threading.get_ident())
        try:
            with files.opened(waiting, "w+b") as file:
                download(client, Location(code["bucket"], code["key"]), file.fileno(), code.get("size"))
            files.rename(waiting, path)
        finally:
            files.remove(waiting)
    digest = hashlib.sha256()
    try:
        with files.opened(path) as file:
            for block in iter(lambda: file.read(1 << 20), b""):
                digest.update(block)
    except FileNotFoundError:
        raise GuardError("CodeNotFound", "The code bundle %s is not on the instance." % path, REFUSED, path)
    if digest.hexdigest() != code["sha256"]:
        files.remove(path)
        raise GuardError("CodeDamaged", "The code bundle is not what was sent: its SHA-256 is wrong.", REFUSED, path)
    return path


def unpack(archive: str, directory: str) -> List[str]:
    """Unpacks files, directories and links that stay inside; returns the names of files and links."""
    names: Dict[str, None] = {}
    links: Dict[str, str] = {}
    with open_folder(directory, None) as folder, files.opened(archive) as packed, \
            tarfile.open(fileobj=packed, mode="r:gz") as tar:
        for member in tar:
            name = os.path.normpath(member.name) if not member.name.startswith("/") else member.name
            if name == ".":
                continue
            safe_join(directory, name)
            if is_too_long(name):
                raise GuardError("UnsafePath", "%s is nested too deep, or too long." % member.name, target=member.name)
            if name in names:
                raise GuardError("UnsafePath", "%s is there twice." % member.name, target=member.name)
            if links.keys() & set(_above(name)):
                raise GuardError("UnsafePath", "%s lies behind a link." % member.name, target=member.name)
            if member.isdir():
                continue
            if member.issym():
                folder.link(member.linkname, name)
                links[name] = member.linkname
            elif member.isreg():
                source = tar.extractfile(member)
                assert source is not None
                target = folder.create(name, 0o755 if member.mode & 0o100 else 0o644)
                try:
                    for block in iter(lambda: source.read(1 << 20), b""):
                        write_all(target, block)
                    os.utime(target, (member.mtime, member.mtime))
                finally:
                    os.close(target)
            else:
                raise GuardError("UnsafePath", "%s is neither a file nor a link." % member.name, target=member.name)
            names[name] = None
    check_links(links)
    return list(names)
