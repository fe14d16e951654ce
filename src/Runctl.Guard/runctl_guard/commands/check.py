"""What a start and an interruption rest on, found out by trying. Takes no lock, and leaves neither file nor object."""
import json
import os
import platform
import threading
import time
from typing import Any, Callable, Dict, List, Optional

from ..aws.credentials import ROLE_PATH
from ..aws.s3 import S3, Location, S3Error
from ..aws.session import Session
from ..checkpoints.names import Settings
from ..checkpoints.selection import survey
from ..checkpoints.watch import settings_of
from ..errors import GuardError
from ..runs.registry import all_runs
from ..runs.run import ENDED
from ..runs.spec import checkpoint_directory, project_directory
from ..service import systemd
from ..service.guard_process import guard_identity
from ..system.user_files import open_folder
from ..system.users import User, become, find_user

# A link is measured by more and more until it takes this long, and then over several connections, as an upload does.
SIZES = (64 << 10, 512 << 10, 2 << 20)
TELLING_SECONDS = 1.0
CONNECTIONS = 4
DISK_BYTES = 8 << 20
# Less room than this is left alone.
DISK_RESERVE = 256 << 20


def check(wanted: Dict[str, Any]) -> Dict[str, Any]:
    session = Session()
    reading = session.imds.get("meta-data/instance-id")
    role = session.imds.get(ROLE_PATH) if reading.status == "ok" else reading
    active = [run for run in all_runs() if run.state["state"] not in ENDED]
    answer: Dict[str, Any] = {
        "schema": 1, "python": platform.python_version(), "systemd": systemd.version(), "imds": reading.status,
        "role": role.body.decode("ascii", "replace").split("\n")[0].strip() or None if role.status == "ok" else None,
        "guard_alive": guard_identity() is not None, "active_runs": len(active),
        "credentials": _problem(session.credentials.get), "storage": None,
        "orders_writable": None, "directory": None}
    if wanted.get("store") and not answer["credentials"]:
        s3 = session.s3(wanted)
        answer["storage"] = _storage(s3, wanted["store"]["bucket"], wanted["keys"])
        answer["orders_writable"] = _orders_writable(s3, wanted["store"])
    try:
        user = find_user(wanted.get("user"))
        if active:
            directory = active[0].state["checkpoint_dir"]
        else:
            directory = checkpoint_directory(
                wanted, project_directory(wanted, user))
        answer["directory"] = _directory(directory, settings_of(wanted), user)
    except GuardError as error:
        answer["directory"] = {"error": error.message}
    return answer


def _problem(act: Callable[[], Any]) -> Optional[Dict[str, str]]:
    try:
        act()
    except GuardError as error:
        return {"id": error.id, "message": error.message}
    return None


def _storage(s3: S3, bucket: str, keys: List[str]) -> Dict[str, Any]:
    """Writes, reads and deletes each key; the speed is measured with the first."""
    answer: Dict[str, Any] = {"error": None, "step": None, "left": [], "rate": None}
    for key in keys:
        at = Location(bucket, key)
        body = b"runctl check\n"
        for step, act in (("write", lambda: s3.call("PUT", at, body=body, attempts=3)), ("read", lambda: s3.get(at))):
            answer["error"] = _problem(act)
            if answer["error"]:
                answer["step"] = step
                break
        if key == keys[0] and not answer["error"]:
            answer["rate"] = _rate(s3, at)
            # What may have to stay where deleting is not allowed is small.
            _problem(lambda: s3.call("PUT", at, body=body, attempts=3))
        # A write that was refused left nothing; one without an answer may have.
        if answer["step"] != "write" or answer["error"]["id"] == "StorageFailed":
            try:
                s3.call("DELETE", at, attempts=3)
            except S3Error:
                answer["left"].append(key)
        if answer["error"]:
            break
    return answer


def _orders_writable(s3: S3, store: Dict[str, Any]) -> Optional[bool]:
    """Whether the role may write what people order; None if S3 does not say. The object is not there, so nothing is written."""
    at = Location(store["bucket"], "%s/orders/runctl-check" % store["run_prefix"].strip("/"))
    try:
        s3.call("PUT", at, headers={"If-Match": '"%s"' % ("0" * 32)}, attempts=3)
    except S3Error as error:
        return {403: False, 404: True, 412: True}.get(error.status)
    return True


def _rate(s3: S3, at: Location) -> Optional[float]:
    """Bytes a second to S3, measured with a few MiB at most; None where it could not be."""
    rate = None
    for size in SIZES:
        seconds = _timed(s3, at, size, 1)
        if seconds is None:
            return rate
        rate = size / seconds
        if seconds > TELLING_SECONDS:
            return rate
    seconds = _timed(s3, at, SIZES[-1], CONNECTIONS)
    return rate if seconds is None else max(rate or 0.0, SIZES[-1] * CONNECTIONS / seconds)


def _timed(s3: S3, at: Location, size: int, connections: int) -> Optional[float]:
    body, failed = os.urandom(size), []

    def put() -> None:
        if _problem(lambda: s3.call("PUT", at, body=body, attempts=1)):
            failed.append(at)
    threads = [threading.Thread(target=put) for _ in range(connections)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return None if failed else max(1e-3, time.monotonic() - began)


def _directory(path: str, settings: Settings, user: User) -> Dict[str, Any]:
    """The directory as the training's user finds it: what is not there yet counts as its nearest parent."""
    newest = survey(path, settings, user)
    answer = {"path": path, "exists": os.path.isdir(path), "user": user.name, "checkpoint": newest and {
        "name": newest.head, "size": newest.size(), "age": max(0.0, time.time() - newest.saved_ns / 1e9)}}
    place = path
    while not os.path.lexists(place):
        place = os.path.dirname(place)
    room = os.statvfs(place if os.path.isdir(place) else os.path.dirname(place))
    answer.update(free=room.f_bavail * room.f_frsize, total=room.f_blocks * room.f_frsize)
    # What Runctl makes itself it makes as root, and gives to the user.
    answer.update(_tried(place, user if answer["exists"] else None, answer["free"] > DISK_RESERVE))
    return answer


def _tried(place: str, user: Optional[User], measure: bool) -> Dict[str, Any]:
    """Writes in a child, which may become the user for good."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if user:
                become(user)
            result: Dict[str, Any] = {"error": None, "rate": _written(place, measure)}
        except OSError as error:
            result = {"error": error.strerror or str(error), "rate": None}
        os.write(write, json.dumps(result).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as file:
        text = file.read()
    os.waitpid(child, 0)
    return json.loads(text.decode()) if text else {"error": "the try ended early", "rate": None}


def _written(place: str, measure: bool) -> Optional[float]:
    """Bytes a second to the disk. The file has no name while it is written, so nothing can stay."""
    name = ".runctl-check-%d.tmp" % os.getpid()
    with open_folder(place, None) as folder:
        file = folder.create(name, 0o600)
        folder.remove(name)
    try:
        if not measure:
            return None
        block = os.urandom(1 << 20)
        began = time.monotonic()
        for _ in range(DISK_BYTES >> 20):
            os.write(file, block)
        os.fsync(file)
        return DISK_BYTES / max(1e-3, time.monotonic() - began)
    finally:
        os.close(file)
