"""Processes that a training starts after it was told, and trainers that are known late."""
import os
import signal

from .trainings import LAUNCH, TRAIN, Training, needs
import support
from runctl_guard.system import processes

SAVED = ["train.py SIGTERM", "train.py saved"]
# Its last save is made by a process of its own, and it does not wait for that.
LEAVES = TRAIN.replace("train()", """
def leave_to_child():
    if os.fork():
        note("saved")
        # Without the reaper, as here, an orphan belongs to the run only if it was seen as its parent's child.
        time.sleep(0.5)
        os._exit(0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    path = d + "/step_9000.pt"
    with open(path + ".tmp", "wb") as file:
        for _ in range(10):
            file.write(os.urandom(40000))
            file.flush()
            time.sleep(0.4)
    os.replace(path + ".tmp", path)
    os._exit(0)
ready()
step = 0
while not stop:
    time.sleep(0.05)
    step += 1
    if step % 10 == 0: save(step)
leave_to_child()
""")
# Its saves are made by a process of its own that handles the signal too, and that it does not wait for at its end.
HAS_A_SAVER = """
from lib import *
import multiprocessing
def end(*_):
    note("saver SIGTERM")
    sys.exit(0)
def saver(jobs):
    signal.signal(signal.SIGTERM, end)
    while True:
        step = jobs.get()
        with open("%s/step_%d.pt" % (d, step), "wb") as file:
            for _ in range(40):
                file.write(os.urandom(40000))
                file.flush()
                time.sleep(0.1 if step == 9000 else 0.02)
        if step == 9000:
            with open("signals", "a") as file:
                file.write("saver saved\\n")
catch(signal.SIGTERM)
jobs = multiprocessing.get_context("fork").Queue()
multiprocessing.get_context("fork").Process(target=saver, args=(jobs,)).start()
ready()
step = 0
while not stop:
    end_of_step = time.time() + 0.05
    while time.time() < end_of_step: sum(range(1000))
    step += 1
    if step % 40 == 0: jobs.put(step)
jobs.put(9000)
note("saved")
jobs.close()
jobs.join_thread()
os._exit(0)
"""


class Known(Training):
    def test_a_trainer_that_saves_less_often_than_is_looked_is_known_by_its_saves(self):
        self.started(train_py=TRAIN.replace("train()", "train(every=10)"))
        self.look()
        self.assertEqual(["writes weight files"], list(self.watch.found.reasons.values()))


class Left(Training):
    """What a trainer leaves behind to save for it, as an asynchronous checkpoint, ends its save."""

    def saves(self, script, **files):
        run = self.started(script, train_py=LEAVES, **files)
        self.look()
        self.interrupt(run)
        self.assertEqual(SAVED, self.signals())
        self.assertEqual(400000, os.path.getsize(os.path.join(self.checkpoints, "step_9000.pt")))

    def test_as_an_orphan(self):
        self.saves("launch.py", launch_py=LAUNCH)

    @needs("tini")
    def test_a_guard_that_takes_over_when_the_trainer_has_ended_knows_what_that_left(self):
        # It ends when the guard has decided about its child.
        leaves = LEAVES.replace("time.sleep(0.5)", "while not os.path.exists('decided'): time.sleep(0.02)")
        run = self.started("launch.sh", train_py=leaves, launch_sh="exec tini -s -- /usr/bin/python3 launch.py",
                           launch_py=LAUNCH.replace("sys.exit", "code = ") + "import lib, os, time\n"
                           "while not os.path.exists(lib.d + '/step_9000.pt'): time.sleep(0.05)\n")
        self.look()
        [(trainer, _)] = self.watch.found.reasons
        rounds = []

        def ended(members):
            rounds.extend(one for one in members.values() if one.parent == trainer)
            if len(rounds) > 1:
                open(os.path.join(self.project, "decided"), "w").close()
            return trainer not in members
        self.interrupted_guard(run, ended)
        self.interrupt(run)
        self.assertEqual(SAVED, self.signals())
        self.assertEqual(400000, os.path.getsize(os.path.join(self.checkpoints, "step_9000.pt")))

    def test_a_process_that_saves_for_the_trainer_all_along_ends_its_save_after_it(self):
        run = self.started(train_py=HAS_A_SAVER)
        # The saver is known by what it writes, and the trainer by its work.
        self.look(lambda watch: watch.found.seen and run.training()["pid"] in [pid for pid, _ in watch.found.reasons])
        self.interrupt(run)
        self.assertEqual(SAVED + ["saver saved"], self.signals()[:3])
        self.assertEqual(1600000, os.path.getsize(os.path.join(self.checkpoints, "step_9000.pt")))

    @needs("tini")
    def test_taken_over_by_the_launcher(self):
        self.saves("run.sh", run_sh="exec tini -s -- /usr/bin/python3 train.py")


class Rows(Training):
    """Trainings one after another: the next one is not told, and does not save what it has just begun."""

    def ends(self, script, first="train.py", **files):
        run = self.started(script, wait=first, **files)
        self.look()
        self.interrupt(run)
        self.assertEqual(["%s SIGTERM" % first, "%s saved" % first], self.signals())
        self.assertNotIn("TrainingKilled", self.kinds(run))

    def test_trials_of_a_search(self):
        search = "import subprocess, sys\nfor i in range(50):\n    subprocess.call([sys.executable, 'train.py', '--rate=0.%d' % i])\n"
        self.ends("search.py", search_py=search)

    def test_phases_of_a_script(self):
        self.ends("run.sh", "first.py", first_py=TRAIN, run_sh="/usr/bin/python3 first.py\n/usr/bin/python3 train.py\n")

    def test_a_step_that_brings_the_result_away_is_let_end(self):
        run = self.started("run.sh", up_py="from lib import *\ntime.sleep(1)\nnote('brought away')\n",
                           run_sh="/usr/bin/python3 train.py\n/usr/bin/python3 up.py\n")
        self.look()
        self.interrupt(run)
        self.assertEqual(SAVED + ["up.py brought away"], self.signals())


class FoundLater(Training):
    def test_a_trainer_that_is_recognised_after_the_signal_is_told_and_is_in_the_outcome(self):
        run = self.started("run.sh", wait="first.py train.py", train_py=TRAIN.replace("train()", "train(every=0)"),
                           first_py=TRAIN + "while not os.path.exists('ended'): time.sleep(0.05)\n",
                           run_sh="/usr/bin/python3 first.py & /usr/bin/python3 train.py; touch ended; wait\n")
        self.look()
        facts = self.watch.facts

        def saves_from_now_on(members, writing=False):
            found = facts(members, writing)
            if "first.py saved" in self.signals():
                found = {pid: fact._replace(saves=fact.saves or "train.py" in fact.argv) for pid, fact in found.items()}
            return found
        self.watch.facts = saves_from_now_on
        self.interrupt(run)
        self.assertEqual(["first.py SIGTERM", "first.py saved"] + SAVED, self.signals())
        self.assertEqual([("python3 first.py", 0.0, False), ("python3 train.py", "SIGTERM", False)], [
            (one["command"], one["by"] if one["told_after"] else 0.0, one["killed"]) for one in self.final["data"]["trainers"]])


class States(Training):
    def test_a_trainer_that_waits_for_the_blocked_signal_is_told_at_once(self):
        text = TRAIN.replace("train()", "signal.signal(signal.SIGTERM, signal.SIG_DFL)\nsignal.pthread_sigmask(signal.SIG_BLOCK, "
                             "{signal.SIGTERM})\nimport threading\nthreading.Thread(target=lambda: told(signal.sigwait({"
                             "signal.SIGTERM}), None), daemon=True).start()\ntrain(every=40)")
        run = self.started(train_py=text)
        self.look(lambda watch: watch.found.seen and watch.observed.saves.interval)
        self.interrupt(run)
        self.assertEqual(SAVED, self.signals())
        [trainer] = self.final["data"]["trainers"]
        self.assertEqual((True, 0.0), (trainer["handles"], trainer["told_after"]))

    def test_a_trainer_that_was_paused_goes_on_to_save(self):
        run = self.started()
        self.look()
        [pid] = [pid for pid, _ in self.watch.found.reasons]
        os.kill(pid, signal.SIGSTOP)
        support.eventually(lambda: processes.read(pid).state == "T")
        self.interrupt(run)
        self.assertEqual(SAVED, self.signals())
