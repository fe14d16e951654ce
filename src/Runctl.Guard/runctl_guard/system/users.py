"""The login user the training runs as, and that everything in the project belongs to."""
import contextlib
import os
import pwd
from typing import Dict, List, NamedTuple, Optional

from ..errors import GuardError
from . import paths


class User(NamedTuple):
    name: str
    uid: int
    gid: int
    home: str
    shell: str
    # False where this process cannot become another user: then the training runs as we do.
    switch: bool


def _entries() -> List[List[str]]:
    try:
        with open(paths.under_root("/etc/passwd"), encoding="utf-8", errors="replace") as file:
            return [line.rstrip("\n").split(":") for line in file if line.count(":") == 6]
    except OSError:
        return []


def _from_system(name: str) -> Optional[List[str]]:
    # Directory services know users that are not in the file.
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        return None
    return [found.pw_name, "x", str(found.pw_uid), str(found.pw_gid), "", found.pw_dir, found.pw_shell]


def _mapped(uid: int) -> bool:
    """In a user namespace only mapped ids can be taken."""
    try:
        with open("/proc/self/uid_map") as file:
            ranges = [[int(field) for field in line.split()] for line in file]
    except OSError:
        return True
    return any(first <= uid < first + count for first, _, count in ranges)


def find_user(configured: Optional[str]) -> User:
    """The configured user, else ubuntu, ec2-user, else the caller."""
    entries = {entry[0]: entry for entry in _entries()}
    for name in [configured] if configured else ["ubuntu", "ec2-user"]:
        entry = entries.get(name) or (None if paths.rooted() else _from_system(name))
        if entry:
            return _user(entry)
    if configured:
        raise GuardError("UserNotFound", "There is no user %s on this instance." % configured, target=configured)
    return caller()


def by_id(uid: int) -> User:
    for entry in _entries():
        if entry[2] == str(uid):
            return _user(entry)
    return caller()


def caller() -> User:
    uid = os.geteuid()
    for entry in _entries():
        if entry[2] == str(uid):
            return _user(entry)
    return User("root" if uid == 0 else str(uid), uid, os.getegid(), paths.under_root("/root"), "/bin/sh", False)


def _user(entry: List[str]) -> User:
    name, _, uid, gid, _, home, shell = entry
    home = paths.under_root(home or "/")
    if os.geteuid() == 0 and _mapped(int(uid)):
        return User(name, int(uid), int(gid), home, shell or "/bin/sh", int(uid) != 0)
    return User(name, os.geteuid(), os.getegid(), home, shell or "/bin/sh", False)


def groups_of(user: User) -> List[int]:
    groups = [user.gid]
    try:
        with open(paths.under_root("/etc/group"), encoding="utf-8", errors="replace") as file:
            for line in file:
                fields = line.rstrip("\n").split(":")
                if len(fields) == 4 and user.name in fields[3].split(",") and fields[2].isdigit():
                    groups.append(int(fields[2]))
    except OSError:
        pass
    return groups


def _umask(user: User) -> int:
    """As login does it: group bits open where the user has a group to himself."""
    settings: Dict[str, str] = {}
    try:
        with open(paths.under_root("/etc/login.defs"), encoding="utf-8", errors="replace") as file:
            settings = dict(line.split()[:2] for line in file if len(line.split()) >= 2 and line[0] != "#")
    except (OSError, ValueError):
        pass
    mask = int(settings.get("UMASK", "022"), 8)
    if settings.get("USERGROUPS_ENAB", "no").lower() == "yes" and user.uid and user.uid == user.gid:
        mask = (mask & ~0o070) | (mask >> 3 & 0o070)
    return mask


def become(user: User) -> None:
    """In a child before exec: takes the user's groups, ids and umask for good. What protects us from the OOM killer is not his."""
    mask = _umask(user)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "r+") as file:
        if int(file.read()) < 0:
            file.write("0")
    if user.switch:
        os.setgroups(groups_of(user))
        os.setgid(user.gid)
        os.setuid(user.uid)
    os.umask(mask)
