"""Where a schedule is played: an S3 that writes down its own history, and instances with a network and a metadata service each."""
import ctypes
import email.utils
import json
import os
import random
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "systemd"), os.path.join(HERE, "..", "frameworks"),
                os.path.join(HERE, "..", "Runctl.Guard.UnitTests", "python")]

from cloud import Cloud  # noqa: E402
from link import Link  # noqa: E402
from local_machine import LocalMachine  # noqa: E402
from support import ACTION, FakeImds, FakeS3, kill_all_of  # noqa: E402

CLONE_NEWNS = 0x00020000
DISK_BYTES = 96 << 20


def own_mounts():
    """Mounts of this process are seen by it and its children only, and are gone with them. Whether that may be done."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS):
        return False
    return subprocess.run(["mount", "--make-rprivate", "/"], stderr=subprocess.DEVNULL).returncode == 0


class History(dict):
    """Objects by path, with every change: (monotonic time, path, bytes, or None where it was deleted)."""

    def __init__(self):
        super().__init__()
        self.changes = []

    def __setitem__(self, path, data):
        self.changes.append((time.monotonic(), path, data))
        super().__setitem__(path, data)

    def pop(self, path, *default):
        if path in self:
            self.changes.append((time.monotonic(), path, None))
        return super().pop(path, *default)


class Store(FakeS3):
    """`trouble`: the share of requests that fail, by their status and code."""

    def __init__(self, seed):
        super().__init__()
        self.objects, self._chance, self.trouble = History(), random.Random(seed), {}
        self.fail = lambda *_: next((answer for answer, share in list(self.trouble.items()) if self._chance.random() < share), None)


class Metadata(FakeImds):
    """`clock`: by how much the service's clock is ahead of the instance's. `gap`: a status that it answers with instead."""

    def __init__(self, instance, clock):
        super().__init__()
        self.clock, self.gap, self.notice = clock, None, None
        cloud_pages = Cloud.pages(_Named(instance))
        for path, text in cloud_pages.items():
            self.answers[path] = self._page(text)
        self.answers["meta-data/instance-id"] = self._page(instance)
        self.answers[ACTION] = lambda: (self.gap, "") if self.gap else \
            (200, json.dumps(self.notice)) if self.notice else (404, "")
        self.headers = _Dated(self)

    def _page(self, text):
        return lambda: (self.gap, "") if self.gap else (200, text)

    def interrupt(self, seconds):
        """Its deadline is a whole second of EC2's clock: returned on ours, monotonic."""
        now = time.time() + self.clock
        at = int(now + seconds + 0.999)
        self.notice = {"action": "terminate", "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))}
        return time.monotonic() + at - now


class _Named:
    """What Cloud.pages asks of a cloud."""
    notice = None

    def __init__(self, instance):
        self.instance = instance


class _Dated:
    """The Date header, by the service's own clock."""

    def __init__(self, metadata):
        self._metadata = metadata

    def keys(self):
        return ["Date"]

    def __getitem__(self, _):
        return email.utils.formatdate(time.time() + self._metadata.clock, usegmt=True)


class _Reached:
    """The cloud as an instance reaches it."""

    def __init__(self, s3_url, metadata_url):
        self.s3, self.metadata_url = self, metadata_url
        self.url = s3_url


class Instance(LocalMachine):
    """`disk`: whether it has a disk of its own that can be filled."""

    def __init__(self, number, store, seed, clock=0.0, disk=False):
        self.id = "i-%017d" % number
        self.store = store
        self.metadata = Metadata(self.id, clock)
        self.to_s3 = Link(store.server.server_address[1], seed)
        self.to_metadata = Link(self.metadata.server.server_address[1], seed + 1)
        super().__init__(_Reached(self.to_s3.url, self.to_metadata.url))
        self.has_disk = disk and subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%d" % DISK_BYTES, "tmpfs", self.root]).returncode == 0
        if self.has_disk:
            # The folder is another one now.
            self.write("/etc/passwd", "ubuntu:x:%d:%d::/home/ubuntu:/bin/sh\n" % (os.geteuid(), os.getegid()))
        self.is_on, self._commands, self._powered = True, 0, threading.Condition()

    def as_agent(self, *command):
        """A command that comes after the end would make the machine's folder anew, with a guard in it."""
        with self._powered:
            if not self.is_on:
                raise AssertionError("%s is gone" % self.id)
            self._commands += 1
        try:
            return super().as_agent(*command)
        finally:
            with self._powered:
                self._commands -= 1
                self._powered.notify_all()

    def _end_commands(self):
        """Until none runs any more: each is a process of the machine, and ends with it."""
        with self._powered:
            self.is_on = False
            while self._commands:
                kill_all_of(self.root)
                self._powered.wait(0.1)
        kill_all_of(self.root)

    def end(self):
        if not self.is_on:
            return
        self._end_commands()
        if self.has_disk:
            subprocess.run(["umount", "-l", self.root])
        super().end()
        for one in (self.to_s3, self.to_metadata, self.metadata):
            one.close()

    # Faults

    def begin(self, fault):
        if fault.kind == "slow":
            self.to_s3.rate = fault.value
        elif fault.kind == "resets":
            self.to_s3.resets = fault.value
        elif fault.kind == "down":
            self.to_s3.down = True
            self.to_s3.cut()
        elif fault.kind == "throttle":
            self.store.trouble[503, "SlowDown"] = fault.value
        elif fault.kind == "errors":
            self.store.trouble[500, "InternalError"] = fault.value
        elif fault.kind == "metadata" and fault.value:
            self.metadata.gap = int(fault.value)
        elif fault.kind == "metadata":
            self.to_metadata.down = True
            self.to_metadata.cut()
        elif fault.kind == "full" and self.has_disk:
            self._fill()

    def end_of(self, fault):
        if fault.kind == "slow":
            self.to_s3.rate = None
        elif fault.kind == "resets":
            self.to_s3.resets = 0.0
        elif fault.kind == "down":
            self.to_s3.down = False
        elif fault.kind in ("throttle", "errors"):
            self.store.trouble.pop((503, "SlowDown") if fault.kind == "throttle" else (500, "InternalError"), None)
        elif fault.kind == "metadata":
            self.metadata.gap, self.to_metadata.down = None, False
        elif fault.kind == "full" and self.exists("/ballast"):
            os.unlink(self.path("/ballast"))

    def _fill(self):
        with open(self.path("/ballast"), "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 16))
            except OSError:
                return

    # Processes

    def processes(self):
        """Command lines of the living by pid: the guard's, and those of the training."""
        found = {}
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/environ" % entry, "rb") as file:
                    marked = ("RUNCTL_ROOT=" + self.root).encode() in file.read().split(b"\0")
                if marked and int(entry) != os.getpid():
                    with open("/proc/%s/cmdline" % entry, "rb") as file:
                        found[int(entry)] = file.read().decode("utf-8", "replace").strip("\0").split("\0")
            except OSError:
                continue
        return {pid: command for pid, command in found.items() if command != [""]}

    def processor_seconds(self):
        """What its processes, and those they have waited for, took so far."""
        total = 0
        for pid in self.processes():
            try:
                with open("/proc/%d/stat" % pid) as file:
                    total += sum(map(int, file.read().rpartition(")")[2].split()[11:15]))
            except OSError:
                continue
        return total / os.sysconf("SC_CLK_TCK")

    def kill(self, *names):
        """SIGKILL to the guard's processes of these names."""
        for pid, command in self.processes().items():
            if command[-1] in names:
                try:
                    os.kill(pid, 9)
                except OSError:
                    continue
