"""A Debian with a systemd of its own as process 1, in a container that shares this process's network."""
import os
import signal
import subprocess
import time

from disk import Disk

IN_IT = ("--mount", "--uts", "--ipc", "--pid", "--cgroup")


def eventually(condition, seconds=60.0):
    """The first true value of the condition; the bound is for hangs only."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("it did not happen within %g s" % seconds)


class Machine(Disk):
    def __init__(self, root, environment):
        self.root = root
        self._environment = environment
        self._container = None
        self._init = None

    # Power

    def boot(self):
        log = open(self.root + ".console", "ab")
        self._container = subprocess.Popen(
            ["systemd-nspawn", "--quiet", "--directory", self.root, "--boot", "--register=no", "--keep-unit",
             "--machine=" + os.path.basename(os.path.dirname(self.root)),
             "--console=pipe", "--capability=CAP_NET_ADMIN", "--resolv-conf=off", "--kill-signal=SIGKILL"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            env=dict(os.environ, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY="1"))
        self._init = eventually(self._find_init)
        eventually(lambda: self.execute("systemctl", "is-system-running", check=False) in ("running", "degraded"))

    def _find_init(self):
        """The process that is number 1 in there."""
        for entry in os.listdir("/proc"):
            try:
                with open("/proc/%s/status" % entry) as file:
                    fields = dict(line.split(":", 1) for line in file if ":" in line)
            except OSError:
                continue
            parent, numbers = int(fields.get("PPid", 0)), fields.get("NSpid", "").split()
            if parent == self._container.pid and len(numbers) > 1 and numbers[-1] == "1":
                return int(entry)
        return None

    def is_on(self):
        return self._container is not None and self._container.poll() is None

    def reboot(self):
        """An orderly restart from inside; the container ends and is booted again."""
        self.execute("systemctl", "reboot", check=False)
        self.wait_until_off()
        self.boot()

    def wait_until_off(self):
        eventually(lambda: not self.is_on(), 180)

    def cut_power(self):
        """As when the hypervisor takes the machine without a word."""
        if self.is_on():
            os.kill(self._init or self._container.pid, signal.SIGKILL)
            self._container.wait(60)

    # Commands and files

    def execute(self, *command, check=True):
        """What the command printed; it runs in no unit, with the rights of root."""
        done = subprocess.run(("nsenter", "--target", str(self._init)) + IN_IT + ("--",) + command,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if check and done.returncode:
            raise AssertionError("%s: exit code %d: %s" % (" ".join(command), done.returncode,
                                                           (done.stdout + done.stderr).decode()))
        return done.stdout.decode().strip()

    def as_agent(self, *command, check=True):
        """As the SSM agent does: in a service's cgroup, as root, with no HOME; what is left of it there is killed."""
        passed = ["--setenv=%s=%s" % pair for pair in self._environment.items()]
        return self.execute("systemd-run", "--quiet", "--pipe", "--wait", "--collect", *passed, *command, check=check)

    def show(self, unit, *names):
        text = self.execute("systemctl", "show", unit, *("--property=" + name for name in names))
        return dict(line.split("=", 1) for line in text.splitlines())

    def path(self, path):
        return self.root + path

    def write(self, path, text, mode=0o644):
        os.makedirs(os.path.dirname(self.path(path)), exist_ok=True)
        with open(self.path(path), "w") as file:
            file.write(text)
        os.chmod(self.path(path), mode)

    def give_to_user(self, path):
        """What is below it belongs to the user that trainings run as."""
        self.execute("chown", "-R", "ubuntu:ubuntu", path)

    # What systemd and the kernel say

    def guard_log(self):
        return self.read("/var/lib/runctl/guard.log").decode()[-2000:] if self.exists("/var/lib/runctl/guard.log") else ""

    def guard_pid(self):
        return self.json("/var/lib/runctl/guard.json")["pid"]

    def kill_guard(self):
        self.execute("kill", "-KILL", str(self.guard_pid()))

    def is_gone(self, unit):
        return self.show(unit, "LoadState")["LoadState"] == "not-found"

    def is_alive(self, pid):
        return self.execute("ps", "--no-headers", "-o", "pid", "-p", str(pid), check=False) != ""

    def cgroup(self, pid):
        lines = self.execute("cat", "/proc/%d/cgroup" % pid).splitlines()
        return next(line[len("0::"):] for line in lines if line.startswith("0::"))

    def oom_score(self, pid):
        return int(self.execute("cat", "/proc/%d/oom_score_adj" % pid))

    def may_protect_from_oom(self):
        """Whether this container has CAP_SYS_RESOURCE."""
        fields = dict(line.split(":") for line in self.execute("cat", "/proc/1/status").splitlines())
        return bool(int(fields["CapBnd"], 16) >> 24 & 1)

    def exists(self, path):
        return os.path.exists(self.path(path))
