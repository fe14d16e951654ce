"""What in the checkpoint directory is a checkpoint, and which one is the newest. Decisions only; nothing is written."""
import fnmatch
import hashlib
import os
import re
from typing import Any, Dict, Iterable, List, NamedTuple, Optional

from ..system.files import version

WEIGHTS = (".pt", ".pth", ".ckpt", ".safetensors", ".npz", ".npy", ".bin", ".h5", ".hdf5", ".keras", ".pkl", ".pickle",
           ".msgpack", ".joblib", ".onnx", ".gguf", ".distcp")
INDEXES = (".metadata", "index.json", ".index", "checkpoint")
# Trainers put these beside their checkpoints; they are no state to go on from.
NEVER = (".log", ".txt", ".csv", ".tsv", ".md", ".png", ".jpg", ".svg", ".yaml", ".yml", ".toml", ".html", ".lock")
TEMPORARY = re.compile(r"(^\.|~$|\.(tmp|temp|part|partial|download|incomplete|swp)(\b|$)|\.replaced-)")


class Candidate(NamedTuple):
    """A file or directory that may be a checkpoint. `identity` changes whenever anything in it does."""
    path: str
    name: str
    kind: str
    saved: float
    size: int
    identity: str
    rank: int
    step: Optional[int]
    files: List[str]


def step_in(name: str) -> Optional[int]:
    """The last whole number in a name: epoch_10.pt, checkpoint-500, step=7.ckpt."""
    stem = name
    for ending in WEIGHTS + (".json",):
        if name.endswith(ending):
            stem = name[:-len(ending)]
    numbers = re.findall(r"(?<![\d.])\d+(?!\d|\.\d)", stem)
    return int(numbers[-1]) if numbers else None


def scan(directory: str, patterns: Iterable[str] = ()) -> List[Candidate]:
    """The candidates directly under the directory; what vanishes meanwhile is left out."""
    wanted = list(patterns)
    try:
        entries = list(os.scandir(directory))
    except OSError:
        return []
    found = []
    for entry in entries:
        try:
            candidate = _candidate(entry, wanted)
        except OSError:
            continue
        if candidate:
            found.append(candidate)
    return found


def again(candidate: Candidate, patterns: Iterable[str] = ()) -> Optional[Candidate]:
    """The same checkpoint as it is now, or None where it is gone."""
    for other in scan(os.path.dirname(candidate.path), patterns):
        if other.path == candidate.path:
            return other
    return None


def weighty(file: str) -> bool:
    """Whether a directory with that file in it is a checkpoint."""
    return file.lower().endswith(WEIGHTS) or file.endswith(INDEXES)


def log_like(file: str) -> bool:
    return file.lower().endswith(NEVER) or os.path.basename(file).startswith("events.out.tfevents")


def _candidate(entry: Any, wanted: List[str]) -> Optional[Candidate]:
    name = entry.name
    if TEMPORARY.search(name) or (wanted and not any(fnmatch.fnmatch(name, pattern) for pattern in wanted)):
        return None
    if entry.is_dir():
        return _directory(entry.path, name, bool(wanted))
    if not entry.is_file() or (not wanted and name.lower().endswith(NEVER)):
        return None
    stat = entry.stat()
    # A weight file goes before a .json or a file of unknown kind, whatever their times; patterns say it themselves.
    rank = 2 if wanted or name.lower().endswith(WEIGHTS) else 1 if name.lower().endswith(".json") else 0
    return Candidate(entry.path, name, "file", stat.st_mtime, stat.st_size, version(stat), rank, step_in(name), [name])


def _directory(path: str, name: str, wanted: bool) -> Optional[Candidate]:
    files, total, newest = [], 0, 0.0
    digest = hashlib.sha1()
    for folder, _, names in sorted(os.walk(path)):
        for file in sorted(names):
            full = os.path.join(folder, file)
            stat = os.stat(full)
            files.append(os.path.relpath(full, path))
            digest.update(("%s-%d-%d-%d;" % (files[-1], stat.st_ino, stat.st_size, stat.st_mtime_ns)).encode("utf-8", "replace"))
            total += stat.st_size
            newest = max(newest, stat.st_mtime)
    if not files or not (wanted or any(weighty(file) for file in files)):
        return None
    return Candidate(path, name, "directory", newest, total, digest.hexdigest(), 2, step_in(name), files)


def newest_first(candidates: Iterable[Candidate], since: float, restored: Optional[Dict[str, Any]] = None,
                 leftovers: Optional[Iterable[str]] = None) -> List[Candidate]:
    """This attempt's checkpoints, newest by time of save, then by step.

    A leftover of somebody else's is never among them: only what the attempt restored, and what is not among the
    identities that were there before it. Where those are not known, the time of save has to tell.
    """
    def own_save(candidate: Candidate) -> bool:
        return candidate.saved >= since if leftovers is None else candidate.identity not in leftovers

    own = [candidate for candidate in candidates
           if own_save(candidate) or (restored and restored["identity"] == candidate.identity)]
    best = max((candidate.rank for candidate in own), default=0)
    chosen = [candidate for candidate in own if candidate.rank == best]
    return sorted(chosen, reverse=True, key=lambda candidate: (
        candidate.saved, -1 if candidate.step is None else candidate.step, candidate.name))


def step_goes_back(ordered: List[Candidate]) -> bool:
    """True where the newest save has a lower step than an older one."""
    steps = [candidate.step for candidate in ordered if candidate.step is not None]
    return len(steps) > 1 and ordered[0].step is not None and ordered[0].step < max(steps)
