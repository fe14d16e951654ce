import subprocess
import unittest

import live  # noqa: F401
import support
from runctl_guard.system import processes


class Identity(unittest.TestCase):
    def test_a_pid_given_to_another_is_not_the_process(self):
        identity = processes.own().identity()
        self.assertIsNotNone(processes.find(identity))
        self.assertIsNone(processes.find(dict(identity, start_time=1)))
        self.assertIsNone(processes.find(dict(identity, boot_id="another")))

    def test_a_zombie_is_gone(self):
        child = subprocess.Popen(["/bin/true"])
        self.addCleanup(child.wait)
        support.eventually(lambda: processes.read(child.pid).state == "Z")
        self.assertNotIn(child.pid, processes.table())
