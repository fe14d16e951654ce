"""What is told besides a signal to a trainer: stop files, other signals, containers, trainings in the background, leftovers."""
import os
import signal
import subprocess
import time
import unittest
from unittest import mock

import live  # noqa: F401
import support

from .trainings import LAUNCH, TRAIN, Training
from runctl_guard.checkpoints.uploads import uploads_of
from runctl_guard.checkpoints.watch import CheckpointWatch
from runctl_guard.guard import leftovers
from runctl_guard.interruption import rehearsal, telling, trainer_watch
from runctl_guard.interruption.observed import CheckpointLook
from runctl_guard.interruption.telling import Saves
from runctl_guard.runs.journal import Journal
from runctl_guard.system import processes

SAVED = ["train.py SIGTERM", "train.py saved"]
WITHOUT = "from lib import *\ntrain(%s)\n"


class Settings(Training):
    def test_another_stop_signal(self):
        run = self.started("run.sh", run_sh="trap 'echo trapped' TERM USR1\n/usr/bin/python3 launch.py\n", launch_py=LAUNCH,
                           train_py=TRAIN.replace("SIGTERM", "SIGUSR1"), policy={"stop_signal": "USR1"})
        self.look()
        self.interrupt(run)
        self.assertEqual(["train.py SIGUSR1", "train.py saved"], self.signals())
        self.assertEqual([("python3 train.py", "trainer")], self.told(run))
        self.assertEqual("SIGUSR1", self.event(run, "TrainingSignalled")["data"]["signal"])

    def test_a_stop_file_appears_instead_of_a_signal(self):
        text = "from lib import *\ncatch(signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)\nready()\nstep = 0\n" \
               "path = os.environ['RUNCTL_STOP_FILE']\nassert not os.path.exists(path)\n" \
               "while not os.path.exists(path):\n    time.sleep(0.05)\n    step += 1\n    save(step)\n" \
               "save(1000 + step)\nnote('saved')\n"
        run = self.started(train_py=text, policy={"stop_file": True})
        self.look()
        self.interrupt(run)
        self.assertEqual(["train.py saved"], self.signals())
        self.assertEqual("stop file", self.final["data"]["trainers"][0]["by"])

    def test_without_the_setting_there_is_no_stop_file(self):
        run = self.started(train_py="from lib import *\ncatch(signal.SIGTERM)\nassert 'RUNCTL_STOP_FILE' not in os.environ\ntrain()\n")
        self.interrupt(run)
        self.assertEqual(SAVED, self.signals())


class WithoutHandler(Training):
    def test_it_runs_on_until_its_next_save_is_complete(self):
        run = self.started(train_py=WITHOUT % "every=40")
        before = self.look_between_saves()
        self.interrupt_paused(run)
        self.assertEqual(1, len(set(os.listdir(self.checkpoints)) - before))
        self.assertEqual("SIGTERM", processes.signal_name(self.final["data"]["exit_code"] - 128))
        [trainer] = self.final["data"]["trainers"]
        self.assertFalse(trainer["handles"])
        self.assertGreater(trainer["told_after"], 0.3)

    def test_a_successor_waits_for_the_save_that_the_guard_before_it_waited_for(self):
        run = self.started(train_py=WITHOUT % "every=60")
        before = self.look_between_saves()
        self.interrupted_guard(run, lambda members: Journal(run).first("grace"))
        self.assertEqual([], self.told(run))
        self.interrupt_paused(run)
        self.assertEqual(1, len(set(os.listdir(self.checkpoints)) - before))
        self.assertEqual([("python3 train.py", "trainer")], self.told(run))

    def test_it_is_told_at_once_if_its_next_save_comes_too_late(self):
        run = self.started(train_py=WITHOUT % "every=100000")
        self.interrupt(run)
        self.assertEqual([("python3 train.py", "trainer")], self.told(run))
        self.assertEqual(0.0, self.final["data"]["trainers"][0]["told_after"])

    def test_one_that_saves_in_place_is_not_left_to_overwrite_the_only_checkpoint(self):
        text = "from lib import *\nready()\nwhile True:\n    with open(d + '/model.pt', 'wb') as file: file.write(os.urandom(50000))\n" \
               "    time.sleep(3)\n"
        run = self.started(train_py=text)
        self.look(lambda watch: watch.observed.complete > 2 and not watch.observed.saves.running)
        self.assertFalse(self.watch.observed.saves.safe)
        self.interrupt(run)
        self.assertEqual(0.0, self.final["data"]["trainers"][0]["told_after"])

    def test_one_that_puts_its_handler_aside_is_told_when_it_is_back(self):
        text = TRAIN.replace("train()", "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nready()\nfor i in range(10):\n"
                             "    save(i)\n    time.sleep(0.1)\ncatch(signal.SIGTERM)\ntrain(every=0)\n")
        run = self.started(train_py=text)
        self.look()
        observed = self.watch.observed
        with mock.patch.object(type(self.watch.observe), "__call__", lambda look: self.watch.observed or observed):
            return self.told_later(run)

    def told_later(self, run):
        self.watch.observed = self.watch.observed._replace(saves=Saves())
        self.interrupt(run)
        self.assertEqual(SAVED, self.signals())


class Containers(Training):
    """Processes outside the run's tree, known by the files they write. The engine's client is the run's main process."""
    CLIENT = "from lib import *\nready()\nwhile not os.path.exists('over'):\n    time.sleep(0.05)\n"

    def outside(self, run, text, *command):
        """Neither below the reaper nor with its environment, as what an engine's daemon starts."""
        values = {"PATH": os.environ["PATH"], "RUNCTL_CHECKPOINT_DIR": self.checkpoints}
        with open(os.path.join(self.project, "inner.py"), "w") as file:
            file.write(text)
        process = subprocess.Popen(list(command) + ["/usr/bin/python3", "inner.py"], cwd=self.project, env=values,
                                   start_new_session=True)

        def end():
            process.kill()
            process.wait()
            open(os.path.join(self.project, "over"), "w").close()
        self.addCleanup(end)
        support.eventually(lambda: os.path.exists(os.path.join(self.project, "ready.inner.py")))
        inner = [pid for pid in os.listdir("/proc") if pid.isdigit() and processes.arguments(int(pid))[-1:] == ["inner.py"]
                 and "python3" in processes.arguments(int(pid))[0] and self.project == os.path.realpath("/proc/%s/cwd" % pid)]
        self.inner = processes.read(int(inner[-1]))
        writers = frozenset([(self.inner.pid, self.inner.start)])

        class Look(CheckpointLook):
            def __call__(self):
                return super().__call__()._replace(writers=writers)
        self.watch.observe = Look(lambda: uploads_of(run, self.session))
        return process

    def test_it_is_told_and_its_exit_is_seen(self):
        run = self.started("client.py", wait="client.py", client_py=self.CLIENT)
        self.outside(run, TRAIN.replace("train()", "train()\nopen('over', 'w').close()"))
        self.look()
        self.interrupt(run)
        self.assertEqual(["inner.py SIGTERM", "inner.py saved"], self.signals())
        self.assertNotIn("TrainingKilled", self.kinds(run))

    @unittest.skipUnless(os.geteuid() == 0 and subprocess.run(["unshare", "-p", "-f", "true"]).returncode == 0,
                         "a process namespace cannot be made here")
    def test_pid_1_of_its_namespace_is_told_by_its_host_pid(self):
        run = self.started("client.py", wait="client.py", client_py=self.CLIENT)
        self.outside(run, TRAIN.replace("train()", "train()\nopen('over', 'w').close()"), "unshare", "-p", "-f", "-m", "--mount-proc")
        self.assertEqual(1, processes.signals(self.inner.pid).inner)
        self.look()
        self.interrupt(run)
        self.assertEqual(["inner.py SIGTERM", "inner.py saved"], self.signals())

    @unittest.skipUnless(os.geteuid() == 0 and subprocess.run(["unshare", "-p", "-f", "true"]).returncode == 0,
                         "a process namespace cannot be made here")
    def test_pid_1_without_a_handler_runs_on_until_its_save_is_complete_and_is_ended_then(self):
        run = self.started("client.py", wait="client.py", client_py=self.CLIENT)
        self.outside(run, WITHOUT % "every=40", "unshare", "-p", "-f", "-m", "--mount-proc")
        before = self.look_between_saves()
        with mock.patch.object(telling, "LAST_LINES_SECONDS", 0.1):
            self.interrupt_paused(run)
        self.assertEqual(1, len(set(os.listdir(self.checkpoints)) - before))
        self.assertNotIn("TrainingKilled", self.kinds(run))
        self.assertIn("end", [one["act"] for entry in Journal(run).all("signal") for one in entry["others"]])


class Background(Training):
    def left(self, run):
        return leftovers.Leftovers(run, self.watch)

    def test_a_run_lives_as_long_as_the_training_it_left_in_the_background(self):
        run = self.started("run.sh", wait="", run_sh="nohup /usr/bin/python3 train.py > out.txt 2>&1 &\nexit 7\n")
        support.eventually(run.exit)
        left = self.left(run)
        self.look()
        self.assertTrue(left.lives())
        self.assertTrue(left.lives())
        self.assertEqual(["TrainingInBackground"], [event["data"]["id"] for event in run.events() if event["kind"] == "Warning"])
        self.interrupt(run)
        self.assertEqual(SAVED, self.signals())
        self.assertEqual(7, self.final["data"]["exit_code"])
        self.assertFalse(left.lives())

    def test_what_does_not_train_does_not_keep_the_run_alive_and_gets_the_signal_before_it_is_killed(self):
        logger = "from lib import *\ncatch(signal.SIGTERM)\nready()\nwhile not stop: time.sleep(0.02)\n"
        stubborn = "from lib import *\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nready()\nwhile True: time.sleep(1)\n"
        run = self.started("run.sh", wait="", policy={"grace_seconds": 0.6}, log_py=logger, stubborn_py=stubborn,
                           run_sh="/usr/bin/python3 log.py & /usr/bin/python3 stubborn.py &\n"
                           "until [ -e ready.log.py -a -e ready.stubborn.py ]; do sleep 0.05; done\n")
        support.eventually(run.exit)
        left = self.left(run)
        support.eventually(lambda: self.watch.look() or not left.lives() and left.ended())
        self.assertEqual(["log.py SIGTERM"], self.signals())
        journal = Journal(run)
        self.assertEqual(2, len(journal.first("leftover")["processes"]))
        self.assertEqual(1, len(journal.get("kill")["pids"]))

    def test_a_notice_meanwhile_does_not_signal_twice(self):
        logger = "from lib import *\ncatch(signal.SIGTERM)\nready()\nwhile True: time.sleep(0.05)\n"
        run = self.started("run.sh", wait="", policy={"grace_seconds": 1.5}, log_py=logger,
                           run_sh="/usr/bin/python3 log.py &\nuntil [ -e ready.log.py ]; do sleep 0.05; done\n")
        support.eventually(run.exit)
        left = self.left(run)
        support.eventually(lambda: left.ended() or self.signals())
        self.interrupt(run)
        self.assertEqual(["log.py SIGTERM"], self.signals())


class RowOfTrainings(Training):
    def test_a_launcher_that_waited_for_one_that_saved_at_its_end_is_not_told_for_the_next(self):
        # The kernel counts what a child wrote as written by the launcher once it has waited for the child.
        fold = "from lib import *\ncatch(signal.SIGTERM)\nif sys.argv[1] == '1':\n    time.sleep(1)\n    save(1)\nelse:\n    ready()\n    while not stop: sum(range(10000))\n    note('saved')\n"
        launch = "from lib import *\nimport subprocess\ncatch(signal.SIGTERM)\n" \
                 "for number in '12': subprocess.call([sys.executable, 'fold.py', number])\n"
        run = self.started("launch.py", wait="", launch_py=launch, fold_py=fold)
        self.look(lambda watch: os.path.exists(os.path.join(self.project, "ready.fold.py")))
        # Until the work of the second one says that it trains.
        self.look(lambda watch: any(fact.lately > 1.5 for fact in watch.facts(watch.target.members()).values()))
        self.interrupt(run)
        self.assertEqual(["fold.py SIGTERM", "fold.py saved"], self.signals()[:2])


class FirstMinute(Training):
    def test_the_process_that_would_be_told_is_named_once(self):
        run = self.started("launch.py", launch_py=LAUNCH)
        self.look()
        for _ in range(20):
            self.look(lambda watch: True)
            time.sleep(0.05)
        [event] = [event for event in run.events() if event["kind"] == "TrainersFound"]
        self.assertRegex(event["message"], r"^At an interruption SIGTERM is sent to python3 train.py \(process \d+\), which handles it$")
        self.assertEqual("writes weight files and handles SIGTERM", event["data"]["processes"][0]["reason"])
        # A guard that is started again knows that it was said.
        self.watch = trainer_watch.TrainerWatch(run, self.watch.target, self.watch.observe)
        for _ in range(20):
            self.look(lambda watch: True)
            time.sleep(0.05)
        self.assertEqual(1, self.kinds(run).count("TrainersFound"))

    def warning(self, text, **more):
        run = self.started(train_py=text, **more)
        support.eventually(lambda: self.watch.look() or "Warning" in self.kinds(run))
        return self.event(run, "Warning")

    def test_a_trainer_without_handler_is_a_warning(self):
        warning = self.warning(WITHOUT % "")
        self.assertEqual("SignalNotHandled", warning["data"]["id"])
        self.assertIn("Save in a handler of SIGTERM.", warning["message"])

    def test_a_signal_it_does_handle_is_named(self):
        self.assertIn('It handles SIGUSR1: set [training] stop_signal = "USR1".', self.warning(TRAIN.replace("SIGTERM", "SIGUSR1"))["message"])

    def test_without_saves_it_is_said_after_a_minute(self):
        with mock.patch.object(rehearsal, "PATIENCE_SECONDS", 0.5):
            run = self.started(train_py=TRAIN.replace("train()", "train(every=0)"))
            self.look(lambda watch: "TrainersFound" in self.kinds(run))
        self.assertFalse(self.event(run, "TrainersFound")["data"]["seen"])


class Facts(Training):
    def test_the_journal_has_every_decision_with_its_reason_and_no_arguments(self):
        run = self.started("launch.py", launch_py=LAUNCH.replace("'train.py'", "'train.py', '--token=secret'"))
        self.look()
        self.interrupt(run)
        first = Journal(run).first("signal")
        self.assertEqual("writes weight files and handles SIGTERM", first["processes"][0]["reason"])
        self.assertEqual([("alone", "is no trainer, and a trainer lives")], [(one["act"], one["reason"]) for one in first["others"]])
        for name in ("journal.jsonl", "events.jsonl", "trainers.json"):
            with open(run.file(name)) as file:
                self.assertNotIn("secret", file.read())

    def test_a_killed_trainer_is_in_the_outcome(self):
        run = self.started(train_py=TRAIN.replace("train()", "save_now = save\nready()\nsave(1)\nsave(2)\nwhile True: time.sleep(1)"),
                           policy={"grace_seconds": 0.5})
        self.interrupt(run)
        [trainer] = self.event(run, "TrainingKilled")["data"]["trainers"]
        self.assertEqual((True, 0.0, True), (trainer["handles"], trainer["told_after"], trainer["killed"]))

    def test_a_successor_knows_who_trained(self):
        run = self.started("launch.py", launch_py=LAUNCH)
        self.look()
        again = trainer_watch.TrainerWatch(run, self.watch.target, self.watch.observe)
        again.look()
        self.assertTrue(again.found.seen)
        self.assertTrue(again.alive())

    def test_many_processes_and_files_do_not_delay_the_signal(self):
        s3 = support.FakeS3()
        self.addCleanup(s3.close)
        self.set_environment(AWS_ENDPOINT_URL=s3.url)
        run = self.started("run.sh", run_sh="for i in $(seq 200); do sleep 100 & done\nexec /usr/bin/python3 train.py\n",
                           more={"store": {"bucket": "bucket", "prefix": "saved", "run_prefix": "runs"}})
        for i in range(20):
            folder = os.path.join(self.checkpoints, "samples_%d" % i)
            os.mkdir(folder)
            open(os.path.join(folder, "0.png"), "w").close()
            for j in range(1, 1000):
                os.link(os.path.join(folder, "0.png"), os.path.join(folder, "%d.png" % j))
        self.look()
        looked, look = [], CheckpointWatch.look

        def noting(watch, *arguments, **more):
            looked.append(time.time())
            return look(watch, *arguments, **more)
        with mock.patch.object(telling, "LAST_LINES_SECONDS", 0.0), mock.patch.object(CheckpointWatch, "look", noting):
            self.interrupt(run)
        self.assertEqual(SAVED, self.signals())
        signalled = self.event(run, "TrainingSignalled")
        self.assertLess(Journal(run).first("signal")["at"], looked[0])
        self.assertEqual(1, len(signalled["data"]["pids"]))
