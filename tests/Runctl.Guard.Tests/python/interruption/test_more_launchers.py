"""More ways in which people start trainings, and in which these wait for the signal: ranks, wrappers, sessions of their own."""
import os
import unittest

from .trainings import LAUNCH, TRAIN, Training, needs

SAVED = ["train.py SIGTERM", "train.py saved"]
# Two ranks in step with each other: both have to be there until the last save is over. The first rank tells the other to stop.
RANKS = """
from lib import *
import socket
rank = int(sys.argv[1])
def note(text):
    with open("signals", "a") as file:
        file.write("rank %%d %%s\\n" %% (rank, text))
def told(number, _):
    note(signal.Signals(number).name)
    stop.append(number)
if %s:
    signal.signal(signal.SIGTERM, told)
if rank == 0:
    server = socket.socket(socket.AF_UNIX)
    server.bind("meeting")
    server.listen()
    other, _ = server.accept()
else:
    other = socket.socket(socket.AF_UNIX)
    while other.connect_ex("meeting"):
        time.sleep(0.02)
ready()
step = 0
while True:
    other.sendall(b"1" if stop else b"0")
    answer = other.recv(1)
    assert answer, "the other rank is gone"
    if answer == b"1" or stop:
        break
    time.sleep(0.05)
    step += 1
    if rank == 0 and step %% 4 == 0:
        save(step)
if rank == 0:
    save(1000 + step)
    # The guard sees that a save is complete.
    time.sleep(4)
other.sendall(b"e")
assert other.recv(1), "the other rank is gone"
note("ended")
"""
ENDED = ["rank 0 SIGTERM", "rank 0 ended", "rank 1 ended"]
BOTH = "import subprocess, sys\nranks = [subprocess.Popen([sys.executable, 'train.py', str(rank)]) for rank in (0, 1)]\n" \
       "sys.exit(max(rank.wait() for rank in ranks))\n"


class MoreLaunchers(Training):
    def saves_when_told_itself(self, script, **files):
        run = self.started(script, **files)
        self.look()
        self.interrupt(run)
        self.assertEqual(SAVED, self.signals())
        self.assertEqual(("python3 train.py", "trainer"), self.told(run)[0])
        self.assertNotIn("TrainingKilled", self.kinds(run))
        return run

    @needs("npm")
    def test_npm(self):
        self.saves_when_told_itself("run.sh", run_sh="npm run --silent train",
                                    package_json='{"scripts": {"train": "/usr/bin/python3 train.py; echo ended"}}')

    @needs("timeout")
    def test_timeout(self):
        self.saves_when_told_itself("run.sh", run_sh="timeout 1h /usr/bin/python3 train.py")

    def test_a_kernel_in_a_session_of_its_own(self):
        # As papermill and jupyter start it.
        self.saves_when_told_itself("launch.py", launch_py=LAUNCH.replace("'train.py']", "'train.py'], start_new_session=True"))

    def test_output_of_the_whole_script_that_goes_through_tee(self):
        run = self.saves_when_told_itself("run.sh", run_sh="exec > >(tee out.txt) 2>&1\n/usr/bin/python3 train.py\necho the end\n")
        with open(os.path.join(self.project, "out.txt")) as file:
            self.assertIn("the end", file.read())
        self.assertEqual(0, self.final["data"]["exit_code"], self.log(run))

    @needs("nohup", "setsid")
    def test_in_the_background_with_nohup_and_a_file_for_its_pid(self):
        self.saves_when_told_itself("run.sh", run_sh="nohup setsid /usr/bin/python3 train.py > out.txt 2>&1 &\necho $! > train.pid\n"
                                    "while kill -0 $(cat train.pid) 2> /dev/null; do sleep 0.2; done\n")

    @needs("xargs")
    def test_two_trials_at_once_are_both_told(self):
        trial = TRAIN.replace("train()", "import lib\nd = lib.d = '%s/trial_%s' % (lib.d, sys.argv[1])\nos.makedirs(d)\ntrain()")
        run = self.started("run.sh", run_sh="printf '0\\n1\\n' | xargs -P 2 -n 1 /usr/bin/python3 train.py\n", train_py=trial)
        self.look(lambda watch: len(watch.found.reasons) == 2)
        self.interrupt(run)
        self.assertEqual(sorted(SAVED * 2), sorted(self.signals()))


class Handlers(Training):
    def test_a_loop_of_events_that_is_woken_by_the_signal(self):
        text = "from lib import *\nimport asyncio\nasync def main():\n    done = asyncio.Event()\n" \
               "    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: (note('SIGTERM'), done.set()))\n" \
               "    ready()\n    step = 0\n    while not done.is_set():\n        await asyncio.sleep(0.05)\n        step += 1\n" \
               "        save(step)\n    save(1000 + step)\n    note('saved')\nasyncio.run(main())\n"
        run = self.started(train_py=text)
        self.look()
        self.interrupt(run)
        self.assertEqual(SAVED, self.signals())

    def test_a_script_that_saves_at_ctrl_c_and_the_setting_for_it(self):
        text = "from lib import *\ntry:\n    train()\nexcept KeyboardInterrupt:\n    note('SIGINT')\n    save(5000)\n    note('saved')\n"
        run = self.started("run.sh", run_sh="/usr/bin/python3 launch.py", launch_py=LAUNCH, train_py=text, policy={"stop_signal": "INT"})
        self.look()
        self.interrupt(run)
        self.assertEqual(["train.py SIGINT", "train.py saved"], self.signals())


class Ranks(Training):
    def test_a_rank_without_a_handler_lives_until_the_one_that_has_it_has_saved(self):
        run = self.started("launch.py", launch_py=BOTH, train_py=RANKS % "rank == 0")
        self.look()
        self.interrupt(run)
        self.assertEqual(ENDED, sorted(self.signals()))
        self.assertEqual(0, self.final["data"]["exit_code"], self.log(run))

    def test_ranks_in_shells_of_their_own_are_all_told(self):
        script = "for rank in 0 1; do (/usr/bin/python3 train.py $rank; echo ended $rank) & done\nwait\n"
        run = self.started("run.sh", run_sh=script, train_py=RANKS % "True")
        self.look()
        self.interrupt(run)
        self.assertEqual(sorted(ENDED + ["rank 1 SIGTERM"]), sorted(self.signals()))

    def test_ranks_that_save_a_part_each_are_known_although_something_ends_at_every_look(self):
        # As a script that notes the load of the cards, or workers that end with their epoch.
        # Their clock has them save at the same time.
        part = "from lib import *\ncatch(signal.SIGTERM)\nready()\ndef save_part(step):\n" \
               "    path = '%s/step_%d_rank_%s.pt' % (d, step, sys.argv[1])\n" \
               "    with open(path + '.tmp', 'wb') as file: file.write(os.urandom(50000))\n" \
               "    os.replace(path + '.tmp', path)\nstep = int(time.time() / 2)\nwhile not stop:\n    time.sleep(0.02)\n" \
               "    if step != int(time.time() / 2):\n        step = int(time.time() / 2)\n        save_part(step)\n" \
               "save_part(step + 1)\nnote('saved')\n"
        script = "while sleep 0.3; do date >> load.txt; done & noting=$!\n/usr/bin/python3 launch.py\nkill $noting\n"
        run = self.started("run.sh", run_sh=script, launch_py=BOTH.replace("(0, 1)", "range(4)"), train_py=part)
        self.look(lambda watch: len([name for name in os.listdir(self.checkpoints) if name.endswith('.pt')]) > 20)
        self.assertEqual((True, 4), (self.watch.found.seen, len(self.watch.found.reasons)))
        self.interrupt(run)
        self.assertEqual([("python3 train.py", "trainer")] * 4, self.told(run))
        self.assertEqual(4, self.signals().count("train.py saved"))


if __name__ == "__main__":
    unittest.main()
