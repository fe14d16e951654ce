"""A training in a container of podman, if one can be started here."""
import functools
import os
import shutil
import subprocess
import tempfile

import live  # noqa: F401
import support

from .trainings import Training
from runctl_guard.guard import leftovers
from runctl_guard.system import processes

ENGINES = (["podman"], ["podman", "--runtime", "runc"])
LIMITS = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000"]
SYSTEM = [word for folder in ("/usr", "/lib", "/lib64", "/bin") if os.path.isdir(folder) for word in ("-v", "%s:%s:ro" % (folder, folder))]


def command(engine, root, *more):
    return engine + ["run", "--rm", "--network=none"] + LIMITS + SYSTEM + list(more) + ["--rootfs", root]


@functools.lru_cache()
def engine():
    """The first that runs a container of this machine's own programs; None if there is none."""
    root = tempfile.mkdtemp(prefix="runctl-container-")
    try:
        for one in ENGINES:
            if shutil.which(one[0]) and subprocess.run(command(one, root) + ["/usr/bin/python3", "-c", ""], stdout=subprocess.DEVNULL,
                                                       stderr=subprocess.DEVNULL).returncode == 0:
                return one
        return None
    finally:
        shutil.rmtree(root, ignore_errors=True)


class Podman(Training):
    def setUp(self):
        if engine() is None:
            self.skipTest("no container can be started with podman here")
        super().setUp()

    def container(self, *options):
        root = os.path.join(self.root, "container")
        os.makedirs(root, exist_ok=True)
        name = "runctl-test-%d" % os.getpid()
        self.addCleanup(subprocess.run, engine() + ["rm", "-f", "-t", "0", name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return " ".join(command(engine(), root, "--name", name, "-v", "$PWD:/work", "-w", "/work", "-e", "RUNCTL_CHECKPOINT_DIR=/work/checkpoints",
                                *options)) + " /usr/bin/python3 train.py\n"

    def test_it_is_told_by_its_host_pid_and_its_end_is_seen(self):
        run = self.started("run.sh", run_sh="exec " + self.container())
        self.look()
        [trainer] = self.watch.found.reasons
        self.assertEqual(1, processes.signals(trainer[0]).inner)
        self.interrupt(run)
        self.assertEqual(["train.py SIGTERM", "train.py saved"], self.signals())
        self.assertEqual([("python3 train.py", "trainer")], self.told(run))
        self.assertEqual(0, self.final["data"]["exit_code"])

    def test_a_detached_one_keeps_the_run_alive(self):
        run = self.started("run.sh", wait="", run_sh=self.container("-d"))
        support.eventually(run.exit)
        self.look()
        left = leftovers.Leftovers(run, self.watch)
        self.assertTrue(left.lives())
        self.interrupt(run)
        self.assertEqual(["train.py SIGTERM", "train.py saved"], self.signals())
        self.assertFalse(left.lives())
