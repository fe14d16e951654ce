"""The guard as a process of its own: what it does at signals, and with a run that is broken."""
import os
import signal
import subprocess
import sys
import time
import unittest

import support
from runctl_guard import paths, processes, service

SAVES = """
import json, signal
def told(*_):
    with open("checkpoints/epoch_3.json", "w") as file:
        json.dump({"epoch": 3}, file)
    raise SystemExit(0)
signal.signal(signal.SIGTERM, told)
print("ready", flush=True)
while True:
    signal.pause()
"""
UNDER_SYSTEMD = "import sys; sys.path.insert(0, sys.argv[1])\nfrom runctl_guard import guard\n" \
                "guard.has_systemd = lambda: True\nsys.exit(guard.main())"


class Guarded(support.RootedTest):
    def training(self):
        run = self.new_run(SAVES)
        self.start_training(run)
        support.eventually(lambda: "ready" in self.log(run))
        return run

    def guard(self, *command):
        log = open(os.path.join(paths.home(), "guard.log"), "ab")
        self.addCleanup(log.close)
        guard = subprocess.Popen(command or service.ours("guard"), stdout=log, stderr=log)
        self.addCleanup(guard.wait)
        self.addCleanup(guard.kill)
        support.eventually(service.guard_identity)
        return guard

    def guard_log(self):
        with open(os.path.join(paths.home(), "guard.log")) as file:
            return file.read()


class Signals(Guarded):
    def under_systemd(self, job):
        """The guard where systemd says that this is its job with it."""
        program = os.path.join(self.root, "systemctl")
        with open(program, "w") as file:
            file.write("#!/bin/sh\necho '1203 runctl-guard.service %s running'\n" % job)
        os.chmod(program, 0o755)
        self.set_environment(PATH="%s:%s" % (self.root, os.environ["PATH"]))
        return self.guard(sys.executable, "-c", UNDER_SYSTEMD, support.PROGRAM)

    def test_a_restart_by_systemd_is_no_end_of_the_training(self):
        run = self.training()
        guard = self.under_systemd("restart")
        guard.send_signal(signal.SIGTERM)
        # Not the exit code at which systemd is to leave it alone.
        self.assertEqual(0, guard.wait(10))
        self.assertEqual("running", run.state["state"])
        self.assertIsNotNone(processes.find(run.training()))

    def test_a_stop_by_systemd_saves_first(self):
        run = self.training()
        guard = self.under_systemd("stop")
        guard.send_signal(signal.SIGTERM)
        self.assertEqual(service.LEFT, guard.wait(20))
        self.assertEqual("interrupted", run.state["state"])

    def test_without_systemd_it_saves_first(self):
        run = self.training()
        guard = self.guard()
        guard.send_signal(signal.SIGTERM)
        self.assertEqual(service.LEFT, guard.wait(20))
        self.assertEqual("interrupted", run.state["state"])

    def test_however_often_it_is_woken_it_goes_on(self):
        guard = self.guard()
        end = time.monotonic() + 2
        while time.monotonic() < end:
            guard.send_signal(signal.SIGUSR1)
            time.sleep(0.00002)
        guard.send_signal(signal.SIGHUP)
        self.assertEqual(service.LEFT, guard.wait(10))


if __name__ == "__main__":
    unittest.main()
