"""Trainings of real processes for the tests beside this file: a script, what it starts, and which process got which signal."""
import os
import shutil
import time
import unittest
from unittest import mock

import live
import support
from runctl_guard.aws.session import Session
from runctl_guard.checkpoints.uploads import uploads_of
from runctl_guard.interruption import trainer_watch
from runctl_guard.interruption.sequence import Sequence
from runctl_guard.interruption.observed import CheckpointLook
from runctl_guard.interruption.teller import Teller
from runctl_guard.interruption.trainer_watch import TrainerWatch
from runctl_guard.interruption.triggers import Trigger
from runctl_guard.runs.journal import Journal
from runctl_guard.runs.target import ProcessTarget

# A trainer saves every few steps and when it is told; what it gets, it notes in the file `signals`. With a file `pause` it stands
# still after each save, until its file `paused` is removed.
LIB = '''
import os, signal, sys, time, zipfile
stop, d = [], os.environ["RUNCTL_CHECKPOINT_DIR"]
def note(text):
    with open("signals", "a") as file:
        file.write("%s %s\\n" % (os.path.basename(sys.argv[0]), text))
def told(number, _):
    note(signal.Signals(number).name)
    stop.append(number)
def catch(*numbers):
    for number in numbers:
        signal.signal(number, told)
def save(step):
    path = "%s/step_%d.pt" % (d, step)
    with zipfile.ZipFile(path + ".tmp", "w") as file:
        file.writestr("data/0", os.urandom(50000))
    os.replace(path + ".tmp", path)
def ready():
    open("ready.%s" % os.path.basename(sys.argv[0]), "w").close()
def train(every=2, pause=0.05, step=0):
    ready()
    while not stop:
        time.sleep(pause)
        step += 1
        if every and step % every == 0:
            save(step)
            if os.path.exists("pause"):
                open("paused", "w").close()
            while os.path.exists("paused"):
                time.sleep(0.02)
    save(1000 + step)
    note("saved")
'''
TRAIN = "from lib import *\ncatch(signal.SIGTERM)\ntrain()\n"
LAUNCH = "import subprocess, sys\nsys.exit(subprocess.call([sys.executable, 'train.py']))\n"


def needs(*programs):
    missing = [name for name in programs if not shutil.which(name)]
    return unittest.skipIf(missing, "%s is not installed" % ", ".join(missing))


class GuardLost(Exception):
    pass


class Training(live.LiveTest):
    def setUp(self):
        super().setUp()
        for name, value in (("LOOK_SECONDS", 0.05), ("SHARE", 1)):
            before = getattr(trainer_watch, name)
            self.addCleanup(setattr, trainer_watch, name, before)
            setattr(trainer_watch, name, value)

    def started(self, script="train.py", wait="train.py", policy=None, more=None, **files):
        """A run whose script `wait` is ready; names of files have `_` for the dot."""
        files = {name.replace("_", "."): text for name, text in files.items()}
        files.setdefault("lib.py", LIB)
        files.setdefault("train.py", TRAIN)
        run = self.new_run(files.pop(script), script, policy=dict({"grace_seconds": 20.0}, **(policy or {})), **(more or {}))
        self.project = run.state["project_dir"]
        for name, text in files.items():
            with open(os.path.join(self.project, name), "w") as file:
                file.write(text)
        self.start_training(run)
        self.session = Session()
        self.watch = TrainerWatch(run, ProcessTarget(run), CheckpointLook(lambda: uploads_of(run, self.session)))
        for name in wait.split():
            support.eventually(lambda: os.path.exists(os.path.join(self.project, "ready.%s" % name)) or run.exit())
        self.assertTrue(not wait or run.exit() is None, self.log(run))
        return run

    def interrupted_guard(self, run, when):
        """A guard whose sequence ends as soon as `when` holds for the members before a decision, and a new one in its place."""
        decide = Teller.round

        def lost(teller, members, *arguments, **more):
            if when(members):
                raise GuardLost
            return decide(teller, members, *arguments, **more)
        with mock.patch.object(Teller, "round", lost), self.assertRaises(GuardLost):
            self.interrupt(run)
        self.session = Session()
        self.watch = TrainerWatch(run, ProcessTarget(run), CheckpointLook(lambda: uploads_of(run, self.session)))

    def look(self, until=lambda watch: watch.found.seen):
        """Watches until the saves tell the trainers."""
        support.eventually(lambda: self.watch.look() or until(self.watch))

    def look_between_saves(self):
        """Watches until the saves tell the trainers, and leaves the trainer paused with its last save seen. The names of the saves."""
        self.look(lambda watch: watch.found.seen and watch.observed.saves.interval)
        open(os.path.join(self.project, "pause"), "w").close()
        support.eventually(lambda: os.path.exists(os.path.join(self.project, "paused")))
        self.look(lambda watch: not watch.observed.saves.running)
        return set(os.listdir(self.checkpoints))

    def interrupt_paused(self, run):
        """The trainer goes on, to its next save, once the guard has decided for it."""
        decide, paused = Teller.round, [os.path.join(self.project, "paused")]

        def going_on(teller, *arguments, **more):
            decisions = decide(teller, *arguments, **more)
            while paused:
                os.remove(paused.pop())
            return decisions
        with mock.patch.object(Teller, "round", going_on):
            return self.interrupt(run)

    def interrupt(self, run, seconds=60.0, **trigger):
        trigger = Trigger("interruption", "drill", "terminate", "2026-01-31T12:00:00Z", time.monotonic() + seconds, **trigger)
        self.final = Sequence(run, uploads_of(run, self.session), 1, self.watch).run(trigger)
        return self.final

    def told(self, run):
        """(command, role) of all told processes, in order."""
        return [(one["command"], one["role"]) for entry in Journal(run).all("signal") for one in entry["processes"]]

    def signals(self):
        try:
            with open(os.path.join(self.project, "signals")) as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []

    def kinds(self, run):
        return [event["kind"] for event in run.events()]

    def event(self, run, kind):
        return next(event for event in run.events() if event["kind"] == kind)
