"""A folder that stands for an instance: the guard's root. Its processes are processes of this machine.

Imported after tests/systemd/cloud.py, which knows where the support of the guard's unit tests is.
"""
import os
import shutil
import subprocess
import tempfile

from disk import Disk
from support import kill_all_of

# Below these the guard's commands name files of the instance.
OF_THE_INSTANCE = ("/var/lib/runctl/", "/var/lib/runctl-training/", "/root/")


class LocalMachine(Disk):
    """Has what tests/systemd/machine.py has for a training, without a systemd."""

    def __init__(self, cloud):
        self.root = tempfile.mkdtemp(prefix="runctl-frameworks-")
        self.write("/etc/passwd", "ubuntu:x:%d:%d::/home/ubuntu:/bin/sh\n" % (os.geteuid(), os.getegid()))
        self._environment = {
            "RUNCTL_ROOT": self.root, "PATH": os.environ["PATH"], "AWS_ENDPOINT_URL_S3": cloud.s3.url,
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": cloud.metadata_url}

    def as_agent(self, *command):
        argv = [self.path(one) if one.startswith(OF_THE_INSTANCE) else one for one in command]
        done = subprocess.run(argv, env=self._environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, universal_newlines=True)
        # The guard's own errors are answers too.
        if done.returncode and not done.stdout.startswith("{"):
            raise AssertionError("%s: exit code %d: %s" % (" ".join(argv[1:3]), done.returncode, done.stdout + done.stderr))
        return done.stdout.strip()

    def path(self, path):
        return self.root + path

    def write(self, path, text):
        os.makedirs(os.path.dirname(self.path(path)), exist_ok=True)
        with open(self.path(path), "w") as file:
            file.write(text)

    def give_to_user(self, path):
        """It is ours, and so is the training."""

    def guard_log(self):
        path = "/var/lib/runctl/guard.log"
        return self.read(path).decode()[-2000:] if self.exists(path) else ""

    def end(self):
        """As when the hypervisor takes the machine: its processes are gone, then its disk."""
        kill_all_of(self.root)
        shutil.rmtree(self.root)
