"""Starts processes of this program that outlive the one that starts them."""
import os
import subprocess
import sys
from typing import Any, Dict, List, Optional

from ..system import files, paths
from .systemd import has_systemd, own_scope, start_training


def ours(*arguments: str) -> List[str]:
    """The command line of this program, apart from any Python settings of the user."""
    return [sys.executable or "/usr/bin/python3", "-IBS", paths.program()] + list(arguments)


def detach(arguments: List[str], log: Optional[str] = None, environment: Optional[Dict[str, str]] = None) -> Any:
    """A process in a session of its own, with nothing of ours open: an SSM command ends without it."""
    output = files.append_to(log or os.devnull)
    try:
        return subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/",
                                start_new_session=True, close_fds=True, env=environment)
    finally:
        os.close(output)


def start_starter(run_id: str) -> Any:
    """Our child, but not in the guard's unit: what ends the guard does not end a setup command."""
    return detach(own_scope() + ours("prepare", "--run", run_id), paths.log())


def start_reaper(run_id: str, attempt: int) -> None:
    if has_systemd():
        start_training("%s-%d" % (run_id, attempt), ours("reaper", "--run", run_id))
    else:
        detach(ours("reaper", "--run", run_id), paths.log())
