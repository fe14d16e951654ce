"""Where things are. Everything hangs below RUNCTL_ROOT, which is `/` on a real instance."""
import os
import re
from typing import Dict

from ..errors import GuardError

# What those we start get of our environment: where services are, as we were told.
PASSED_ON = re.compile(r"^(AWS_(REGION|DEFAULT_REGION|ENDPOINT_URL\w*|EC2_METADATA_\w+)|RUNCTL_ROOT|LANG|TZ)$")

# A path of a user's tree or of a manifest has no more parts and bytes than this: a walk that goes one call deeper with
# every directory ends, and S3 takes no longer key.
MOST_PARTS = 64
MOST_BYTES = 1024

_program = ""


def root() -> str:
    return os.environ.get("RUNCTL_ROOT") or "/"


def rooted() -> bool:
    """True in a root of its own: then there is no systemd, and nothing outside is touched."""
    return root() != "/"


def under_root(path: str) -> str:
    """The path as seen from outside the root; one that is in the root already stays."""
    base = root().rstrip("/")
    if base == "" or path == base or path.startswith(base + "/"):
        return path
    return base + "/" + path.lstrip("/")


def home() -> str:
    return under_root("/var/lib/runctl")


def log() -> str:
    """The guard's own, of its troubles."""
    return os.path.join(home(), "guard.log")


def runs() -> str:
    return os.path.join(home(), "runs")


def run_directory(run_id: str) -> str:
    return os.path.join(runs(), run_id)


def training_directory(run_id: str) -> str:
    """What a training reads and writes of its run; the user of the training reaches it, and nothing below `home()`."""
    return os.path.join(under_root("/var/lib/runctl-training"), run_id)


def set_program(path: str) -> None:
    """Called once, before anything else."""
    global _program
    _program = path


def program() -> str:
    """The archive (or source folder) this very program was started from."""
    assert _program
    return _program


def safe_join(directory: str, relative: str) -> str:
    """A path below the directory; a name from S3 or an archive cannot lead out of it."""
    parts = relative.split("/")
    if relative.startswith("/") or "\0" in relative or any(part in ("", ".", "..") for part in parts):
        raise GuardError("UnsafePath", "The name %r would lead out of the directory." % relative, target=relative)
    return os.path.join(directory, *parts)


def is_too_long(relative: str) -> bool:
    return relative.count("/") >= MOST_PARTS or len(relative.encode("utf-8", "surrogateescape")) > MOST_BYTES


def check_links(links: Dict[str, str]) -> None:
    """UnsafePath for a link, of the targets by path, that could lead out of the directory they all lie in. To tell that from
    the names alone, no target may pass through another of the links, nor step back out of what it stepped into."""
    for path, target in links.items():
        parts = [part for part in target.split("/") if part not in ("", ".")]
        ups = next((number for number, part in enumerate(parts) if part != ".."), len(parts))
        reached = path.split("/")[:-1]
        out = target.startswith("/") or ups > len(reached) or ".." in parts[ups:]
        reached = reached[:len(reached) - ups] + parts[ups:]
        if out or any("/".join(reached[:length]) in links for length in range(1, len(reached))):
            raise GuardError("UnsafePath", "The link %s -> %s would lead out of the directory, or passes through another link."
                             % (path, target), target=path)
