"""What a spec asks for: whether it is one, and its user and directories on this instance."""
import os
import re
from typing import TYPE_CHECKING, Any, Dict

from ..errors import REFUSED, GuardError
from ..system import paths
from ..system.users import User, by_id, find_user
from .run import Run

# `status`, which runs every few seconds, does not pay for the import of S3.
if TYPE_CHECKING:
    from ..aws.s3 import Location

STOP_SIGNALS = ("TERM", "INT", "USR1", "USR2")


def run_user(run: Run) -> User:
    uid = run.state.get("uid")
    return by_id(uid) if uid is not None else find_user(run.spec.get("user"))


def project_directory(spec: Dict[str, Any], user: User) -> str:
    name = spec["project_name"]
    if not re.match(r"^[A-Za-z0-9_][A-Za-z0-9_. -]*$", name):
        raise GuardError("BadSpec", "%r cannot be a project's name." % name, target="project_name")
    return os.path.join(user.home, name)


def checkpoint_directory(spec: Dict[str, Any], project: str) -> str:
    directory = spec["checkpoint"]["dir"]
    if os.path.isabs(directory):
        return os.path.normpath(paths.under_root(directory))
    return os.path.normpath(os.path.join(project, directory))


def stop_file(run: Run) -> str:
    """Where a training with `stop_file` looks."""
    return run.shared_file("stop")


def check_place(spec: Any, at: "Location") -> None:
    """GuardError BadSpec unless the spec lies in the orders of its run, where the instance's role does not write."""
    store = spec.get("store") if isinstance(spec, dict) else None
    if isinstance(store, dict) and store.get("bucket") == at.bucket:
        orders = "%s/orders/%s/" % (str(store.get("run_prefix")).strip("/"), spec.get("run_id"))
        if re.match(re.escape(orders) + r"[0-9]+/spec\.json\Z", at.key):
            return
    raise GuardError("BadSpec", "%s does not lie in the orders of its own run "
                     "(s3://bucket/{run_prefix}/orders/{run_id}/1/spec.json)." % at.uri(), REFUSED, at.uri())


def check_spec(spec: Any) -> None:
    """GuardError BadSpec naming the first thing that is wrong."""
    if not isinstance(spec, dict) or spec.get("schema") != 1:
        raise GuardError("BadSpec", "The spec is not one of schema 1.", target="schema")
    attempt = spec.get("attempt")
    needed = [("run_id", str), ("project_name", str), ("checkpoint", dict), ("policy", dict), ("attempt", dict)]
    for name, kind in needed + ([] if spec.get("target") else [("script", str)]):
        if not isinstance(spec.get(name), kind):
            raise GuardError("BadSpec", "The spec has no usable %s." % name, target=name)
    if not isinstance(attempt.get("number"), int) or not attempt.get("nonce"):
        raise GuardError("BadSpec", "The spec's attempt has no number or nonce.", target="attempt")
    if not isinstance(spec["checkpoint"].get("dir"), str):
        raise GuardError("BadSpec", "The spec's checkpoint has no dir.", target="checkpoint.dir")
    for name, known in (("stop_signal", STOP_SIGNALS), ("stop_file", (False, True)), ("signal_to", ("trainers", "launcher"))):
        if spec["policy"].get(name, known[0]) not in known:
            raise GuardError("BadSpec", "The spec's policy has an unknown %s." % name, target="policy.%s" % name)
    if os.readlink("/proc/self") != str(os.getpid()):
        raise GuardError("ProcNotOurs", "/proc shows the processes of another namespace.")
