"""What the tests with real processes share: the unit tests' support, and trainings that run."""
import os
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "Runctl.Guard.UnitTests", "python"))

import support  # noqa: E402

# A training that notes each signal, and ends.
SAVES = """
import os, signal, sys, time
def save(*_):
    with open("signals", "a") as f:
        f.write("x")
    sys.exit(0)
signal.signal(signal.SIGTERM, save)
print("ready", flush=True)
while True:
    time.sleep(0.02)
"""


class LiveTest(support.RootedTest):
    syncs = True

    def start_training(self, run):
        """Starts the reaper; the training and all it started are gone after the test."""
        from runctl_guard.service.spawn import detach, ours
        from runctl_guard.system import files
        from runctl_guard.runs.target import ProcessTarget
        run.update(state="running", started_at=time.time())
        reaper = detach(ours("reaper", "--run", run.id), os.path.join(self.root, "guard.log"))

        def end():
            ProcessTarget(run).kill()
            reaper.wait(10)
        self.addCleanup(end)
        found = support.eventually(run.training)
        # The reaper releases the sequence a moment after it has written that down.
        with files.locked(run.file("sequence.lock")):
            return found

    def log(self, run):
        with open(run.file("log")) as file:
            return file.read()
