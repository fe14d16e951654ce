"""The torch samples under a real torch: told to stop in the middle, resumed, and compared with an undisturbed training."""
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

from live import support

SAMPLES = os.path.join(support.HERE, "..", "..", "..", "module", "samples")
DEFAULTS = os.path.join(support.HERE, "..", "..", "torchrun", "defaults.sh")

# The sample with a scaler whose state matters on a CPU too: the real one's state, and a growth that rounds. FORGET names a part
# whose state is not restored.
WITH_SCALER = """
import os, runpy, sys, torch
from unittest import mock

class Scaler(torch.cuda.amp.GradScaler):
    def __init__(self, enabled):
        with mock.patch.object(torch.cuda.amp.grad_scaler, "amp_definitely_not_available", lambda: False):
            super().__init__(init_scale=1000.0)
    def scale(self, loss):
        if self._scale is None:
            self._lazy_init_scale_growth_tracker(torch.device("cpu"))
        return loss * self._scale
    def step(self, optimizer):
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                parameter.grad /= self._scale
        optimizer.step()
    def update(self):
        self._scale *= 1.01

torch.cuda.amp.GradScaler = Scaler
forgetful = {"scaler": Scaler, "scheduler": torch.optim.lr_scheduler.LambdaLR}.get(os.environ.get("FORGET"))
if forgetful:
    forgetful.load_state_dict = lambda self, state: None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@unittest.skipUnless(importlib.util.find_spec("torch"), "there is no torch for this Python (Debian: apt-get install python3-torch)")
class Samples(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="runctl-torch-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.attempts = 0

    def start(self, command, **environment):
        self.attempts += 1
        self.progress = os.path.join(self.folder, "progress%d" % self.attempts)
        values = dict(os.environ, PYTHONPATH=os.path.abspath(support.PROGRAM), PYTHONDONTWRITEBYTECODE="1", PYTHONUNBUFFERED="1",
                      PATH=os.path.dirname(sys.executable) + ":" + os.environ["PATH"], RUNCTL_PROGRESS_FILE=self.progress,
                      RUNCTL_CHECKPOINT_DIR=os.path.join(self.folder, "checkpoints"), **environment)
        log = open(os.path.join(self.folder, "log%d" % self.attempts), "w+")
        process = subprocess.Popen(command, cwd=self.folder, env=values, stdout=log, stderr=log, start_new_session=True)

        def end():
            for member in self.session(process.pid):
                os.kill(member, signal.SIGKILL)
            process.wait()
            log.close()
        self.addCleanup(end)
        process.log = log
        return process

    def session(self, leader):
        """The processes that are alive of its session."""
        found = []
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/stat" % entry) as file:
                    fields = file.read().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == leader and fields[0] != "Z":
                found.append(int(entry))
        return found

    def ended(self, process, code=0):
        """All that it printed."""
        process.wait(120)
        process.log.seek(0)
        text = process.log.read()
        self.assertEqual(code, process.returncode, text)
        return text

    def steps(self):
        if not os.path.exists(self.progress):
            return 0
        with open(self.progress) as file:
            return file.read().count("\n")

    def saved(self):
        """The newest checkpoint."""
        folder = os.path.join(self.folder, "checkpoints")
        return max((os.path.join(folder, name) for name in os.listdir(folder)), key=os.path.getmtime)

    def weights(self, text):
        found = re.findall("^finished: .*$", text, re.MULTILINE)
        self.assertEqual(1, len(found), text)
        return found[0]

    def interrupted(self, command, tell, code=0, after=25, **environment):
        """What it printed; `tell` is given the process when it has made some steps."""
        process = self.start(command, **environment)
        support.eventually(lambda: self.steps() >= after or process.poll() is not None, 100)
        tell(process)
        return self.ended(process, code)


class OneProcess(Samples):
    def command(self, *arguments):
        return [sys.executable, os.path.join(SAMPLES, "train_torch.py"), "--epochs", "8"] + list(arguments)

    def test_told_in_the_middle_of_an_epoch_with_data_workers_it_loses_nothing_and_leaves_no_worker(self):
        undisturbed = self.weights(self.ended(self.start(self.command())))
        process_of = []

        def tell(process):
            self.assertEqual(3, len(self.session(process.pid)))
            process_of.append(process)
            process.terminate()
        text = self.interrupted(self.command("--workers", "2", "--step-seconds", "0.05"), tell)
        self.assertNotIn("finished", text)
        self.assertEqual([], self.session(process_of[0].pid))
        self.assertRegex(self.saved(), r"/step_\d+\.pt$")
        text = self.ended(self.start(self.command("--workers", "2", "--resume", self.saved())))
        self.assertRegex(text, r"resumed at epoch \d, batch [1-9]")
        self.assertEqual(undisturbed, self.weights(text))

    def test_the_scale_and_the_schedule_go_on_where_they_were(self):
        command = [sys.executable, "-c", WITH_SCALER] + self.command()[1:]
        undisturbed = self.weights(self.ended(self.start(command)))
        self.interrupted(command + ["--step-seconds", "0.05"], lambda process: process.terminate())
        checkpoint = self.saved()
        self.assertEqual(undisturbed, self.weights(self.ended(self.start(command + ["--resume", checkpoint]))))
        for part in ("scaler", "scheduler"):
            text = self.ended(self.start(command + ["--resume", checkpoint], FORGET=part))
            self.assertNotEqual(undisturbed, self.weights(text), "the test does not see what becomes of the " + part)


class Ranks(Samples):
    def command(self, *arguments):
        start = 'python() { python3 "$@"; }; source "$0"; exec bash "$@"'
        return ["bash", "-c", start, DEFAULTS, os.path.join(SAMPLES, "train_torchrun.sh"), "--steps", "120"] + list(arguments)

    def rank(self, number):
        """The process of that rank."""
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/environ" % entry, "rb") as file:
                    values = file.read().split(b"\0")
            except OSError:
                continue
            if ("RUNCTL_PROGRESS_FILE=" + self.progress).encode() in values and b"LOCAL_RANK=%d" % number in values:
                return int(entry)
        raise AssertionError("there is no rank %d" % number)

    def test_one_rank_that_is_told_stops_all_after_the_same_step_and_every_rank_saves_its_part(self):
        undisturbed = self.weights(self.ended(self.start(self.command())))
        text = self.interrupted(self.command("--step-seconds", "0.05"), lambda _: os.kill(self.rank(1), signal.SIGTERM))
        stopped = re.findall(r"^worker (\d) was told to stop, and did after step (\d+)$", text, re.MULTILINE)
        self.assertEqual({"0", "1"}, {rank for rank, _ in stopped}, text)
        self.assertEqual({str(self.steps())}, {step for _, step in stopped})
        checkpoint = self.saved()
        self.assertEqual("step_%d" % self.steps(), os.path.basename(checkpoint))
        self.assertEqual(["model.pt", "optimizer_0.pt", "optimizer_1.pt"], sorted(os.listdir(checkpoint)))
        self.assertEqual(undisturbed, self.weights(self.ended(self.start(self.command("--resume", checkpoint)))))

    def test_told_through_the_launcher_they_stop_alike(self):
        # torchrun itself ends by the signal then.
        text = self.interrupted(self.command("--step-seconds", "0.05"), lambda process: process.terminate(), code=1)
        self.assertEqual(2, text.count("and did after step %d" % self.steps()), text)


if __name__ == "__main__":
    unittest.main()
