"""Guard and trainings as units of systemd."""
import contextlib
import os
import subprocess
from typing import List, Optional

from ..errors import NO_GUARD, GuardError
from ..system import files, paths
from ..system.guard_log import best_effort

GUARD = "runctl-guard.service"
# Below /run: a machine image made of this instance does not guard our runs when it boots.
GUARD_FILE = "/run/systemd/system/" + GUARD
# What restarts services after updates (Ubuntu's needrestart) is to leave ours alone.
NEEDRESTART_FILE = "/etc/needrestart/conf.d/runctl.conf"
NEEDRESTART = b"$nrconf{override_rc}{qr(^runctl-)} = 0;\n"
# After= in starting is before in stopping: names, network and file systems are there until both are done.
AFTER = "After=network.target network-online.target nss-lookup.target remote-fs.target"
BOTH = ["OOMPolicy=continue", "OOMScoreAdjust=-900", "KillMode=mixed", "TimeoutStopSec=130"]


def has_systemd() -> bool:
    return not paths.rooted() and os.path.isdir("/run/systemd/system") and os.geteuid() == 0


def version() -> Optional[str]:
    """Of the systemd that runs guard and trainings; None if they run without it, or it does not say."""
    if not has_systemd():
        return None
    try:
        words = subprocess.run(["systemctl", "--version"], stdout=subprocess.PIPE, timeout=5).stdout.split()
    except (OSError, subprocess.SubprocessError):
        return None
    return words[1].decode("ascii", "replace") if len(words) > 1 else None


def start_guard(arguments: List[str], left: int) -> None:
    """A unit with a file, not a transient one: those cannot be started anew while a training's ordering refers to them."""
    lines = ["[Unit]", "Description=Runctl guard", "StartLimitIntervalSec=0", AFTER, "[Service]",
             "ExecStart=" + " ".join(map(_quoted, arguments)), "Restart=always", "RestartSec=100ms",
             "RestartPreventExitStatus=%d" % left, "SuccessExitStatus=%d" % left, "CPUWeight=1000"] + BOTH + _output()
    lines += ["Environment=" + _quoted(pair) for pair in _environment()]
    files.write_atomic(GUARD_FILE, "\n".join(lines + [""]).encode("utf-8"), 0o644)
    # Before systemd makes it, for everybody to read.
    os.close(files.append_to(paths.log()))
    best_effort(_exclude_from_restarts)
    _run("systemctl", "daemon-reload")
    _run("systemctl", "--no-block", "start", GUARD)


def start_training(name: str, arguments: List[str]) -> None:
    # At shutdown the guard goes first and finds the training alive.
    properties = [AFTER, "Before=" + GUARD, "LimitNOFILE=1024:1048576", "LimitMEMLOCK=infinity", "TasksMax=infinity",
                  "Delegate=yes"] + BOTH + _output()
    _run("systemd-run", "--quiet", "--collect", "--unit=runctl-training-" + name,
         *("--property=" + text for text in properties), *("--setenv=" + pair for pair in _environment()), *arguments)


def own_scope() -> List[str]:
    """Before a command of the guard's that is to have a unit of its own: it outlives the guard's."""
    return ["systemd-run", "--quiet", "--collect", "--scope"] if has_systemd() else []


def restarting() -> bool:
    """Whether systemd stops the guard only to start it again at once."""
    try:
        jobs = subprocess.run(["systemctl", "--no-legend", "list-jobs", GUARD], stdout=subprocess.PIPE, timeout=5).stdout
    except (OSError, subprocess.SubprocessError):
        return False
    return [GUARD.encode(), b"restart"] in [line.split()[1:3] for line in jobs.splitlines()]


def going_down() -> bool:
    state = subprocess.run(["systemctl", "is-system-running"], stdout=subprocess.PIPE).stdout
    return state.strip() == b"stopping"


def _exclude_from_restarts() -> None:
    if not os.path.isdir(os.path.dirname(NEEDRESTART_FILE)):
        return
    with contextlib.suppress(FileNotFoundError), open(NEEDRESTART_FILE, "rb") as file:
        if file.read() == NEEDRESTART:
            return
    files.write_unreserved(NEEDRESTART_FILE, NEEDRESTART, 0o644)


def _output() -> List[str]:
    log = "append:" + paths.log()
    return ["StandardOutput=" + log, "StandardError=" + log]


def _environment() -> List[str]:
    return ["%s=%s" % pair for pair in sorted(os.environ.items())
            if pair[0] == "PATH" or paths.PASSED_ON.match(pair[0])]


def _quoted(text: str) -> str:
    return '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")


def _run(*command: str) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise GuardError("UnitNotStarted", "%s: %s" % (command[0], done.stdout.decode("utf-8", "replace").strip()),
                         NO_GUARD)
