"""Copies of checkpoints that a later save cannot spoil: where they lie, how they are made and put back."""
import fcntl
import os
import shutil
import time
from typing import Callable, List, Optional, Tuple

from ..runs import spec
from ..runs.journal import Journal
from ..runs.run import Run
from ..system.users import give
from .discovery import Candidate

FICLONE = 0x40049409


def directory(run: Run) -> str:
    return run.file("protected")


def copy_of_picked(journal: Journal) -> Optional[Tuple[Candidate, str]]:
    """What the sequence picked, and where its copy is: the original may have been spoilt since."""
    picked, kept = journal.get("picked"), journal.get("protect")
    if picked and kept and kept["candidate"]["identity"] == picked["identity"] and os.path.exists(kept["source"]):
        return Candidate(**kept["candidate"]), kept["source"]
    return None


def clean(run: Run) -> None:
    shutil.rmtree(directory(run), ignore_errors=True)


def put_back(run: Run, source: str, path: str) -> None:
    """The copy in the place of its original; what a later save made of that is kept beside it."""
    user = spec.run_user(run)
    waiting = "%s.tmp" % path
    if os.path.isdir(source):
        shutil.rmtree(waiting, ignore_errors=True)
        shutil.copytree(source, waiting)
    else:
        shutil.copyfile(source, waiting)
    for folder, folders, names in os.walk(waiting):
        for name in folders + names:
            give(os.path.join(folder, name), user)
    give(waiting, user)
    if os.path.lexists(path):
        os.rename(path, "%s.replaced-%d" % (path, int(time.time())))
    os.rename(waiting, path)


def copy_files(candidate: Candidate, target: str, plain: bool, given_up: Callable[[], bool]) -> bool:
    """By reflink where the file system has it, else byte by byte if `plain` says so; False when it was left undone."""
    pairs: List[List[str]] = [[candidate.path, target]] if candidate.kind == "file" else \
        [[os.path.join(candidate.path, name), os.path.join(target, name)] for name in candidate.files]
    for original, copy in pairs:
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        with open(original, "rb") as source, open(copy, "wb") as out:
            try:
                fcntl.ioctl(out.fileno(), FICLONE, source.fileno())
                continue
            except OSError:
                if not plain:
                    return False
            while not given_up():
                block = source.read(1 << 20)
                if not block:
                    break
                out.write(block)
            else:
                return False
    return True
