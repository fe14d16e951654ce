"""What the administrator of the machine set for all programs: proxies, and names for IPv6.

A command over SSM has the environment of the SSM agent. systemd starts the guard without it, so the command keeps it in a file
of root's. What neither has is looked up in /etc/environment."""
import os
import re
from typing import Dict

from . import files, paths

_NAMES = re.compile(r"(?i)^(https?_proxy|no_proxy|aws_use_dualstack_endpoint)$")


def machine_settings() -> Dict[str, str]:
    """By name in lower case. The first source that has a name counts, and in it the name in lower case."""
    found: Dict[str, str] = {}
    for source in (os.environ, files.read_json(_kept()) or {}, etc_environment()):
        for name in sorted(filter(_NAMES.match, source), reverse=True):
            found.setdefault(name.lower(), source[name])
    return found


def keep_machine_settings() -> None:
    """Notes what this command was given, for the processes that systemd starts."""
    given = {name: value for name, value in os.environ.items() if _NAMES.match(name)}
    if given != (files.read_json(_kept()) or {}):
        files.write_json(_kept(), given)


def etc_environment() -> Dict[str, str]:
    values = {}
    try:
        with open(paths.under_root("/etc/environment"), encoding="utf-8", errors="replace") as file:
            for line in file:
                match = re.match(r'^\s*(?:export\s+)?(\w+)=("?)(.*?)\2\s*$', line)
                if match:
                    values[match.group(1)] = match.group(3)
    except OSError:
        pass
    return values


def _kept() -> str:
    return os.path.join(paths.home(), "machine.json")
