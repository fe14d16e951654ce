"""Trainers with workers, as torch runs them."""
import os
import subprocess
import unittest
from unittest import mock

from .trainings import TRAIN, Training

PYTHON = "/usr/bin/python3"
TORCH = unittest.skipIf(subprocess.run([PYTHON, "-c", "import torch"], stderr=subprocess.DEVNULL).returncode,
                        "torch is not installed for /usr/bin/python3")
# Workers are forked anew for every epoch; told by another process than their parent they die, and the trainer raises.
LOADER = '''
from lib import *
import torch
from torch.utils.data import DataLoader, Dataset
class Numbers(Dataset):
    def __len__(self): return 12
    def __getitem__(self, i):
        time.sleep(0.3)
        return torch.zeros(4)
%s
step = 0
while not stop and step < 100000:
    for batch in DataLoader(Numbers(), num_workers=2, batch_size=2):
        step += 1
        if step == 4:
            ready()
    save(step)
# It reads on to the end of its epoch, and needs its workers for it.
for batch in DataLoader(Numbers(), num_workers=2): pass
save(100000 + step)
note("saved")
'''
DDP = '''
from lib import *
import torch
import torch.distributed as dist
dist.init_process_group("gloo")
rank = dist.get_rank()
def told(number, _):
    with open("signals", "a") as file:
        file.write("rank %d %s\\n" % (rank, signal.Signals(number).name))
    stop.append(number)
signal.signal(signal.SIGTERM, told)
step = 0
while True:
    flag = torch.tensor([float(len(stop))])
    dist.all_reduce(flag)
    if flag.item(): break
    time.sleep(0.05)
    step += 1
    if rank == 0 and step % 4 == 0: save(step)
    if step == 4: open("ready.train.py", "w").close()
# Longer than torchrun's own limits allow once it has the signal is not tried here; that it does not get it is.
time.sleep(1.0)
if rank == 0: save(1000 + step)
dist.barrier()
os.write(1, ("rank %d ended after step %d\\n" % (rank, step)).encode())
'''


@TORCH
class DataLoaders(Training):
    def test_workers_of_a_trainer_with_a_handler_are_not_told(self):
        # At its end torch waits for its workers, seconds for each where the machine is busy.
        run = self.started(train_py=LOADER % "catch(signal.SIGTERM)", policy={"grace_seconds": 120.0})
        self.look()
        self.interrupt(run, seconds=180.0)
        self.assertEqual(["train.py SIGTERM", "train.py saved"], self.signals())
        self.assertEqual([("python3 train.py", "trainer")], self.told(run))
        self.assertNotIn("DataLoader worker", self.log(run))
        self.assertEqual(0, self.final["data"]["exit_code"])

    def test_workers_of_a_trainer_without_a_handler_are_not_told_in_its_place(self):
        run = self.started(train_py=LOADER % "")
        self.look()
        # Nothing is known of the length of its saves that would let it run on.
        self.watch.observed = self.watch.observed._replace(saves=type(self.watch.observed.saves)())
        frozen = mock.patch.object(type(self.watch.observe), "__call__", lambda *_: self.watch.observed)
        frozen.start()
        self.addCleanup(frozen.stop)
        self.interrupt(run)
        self.assertEqual([("python3 train.py", "trainer")], self.told(run)[:1])
        self.assertNotIn("DataLoader worker", self.log(run))
        self.assertEqual(143, self.final["data"]["exit_code"])

    def test_without_a_handler_it_runs_on_until_its_next_save_is_complete(self):
        run = self.started(train_py=LOADER % "")
        self.look(lambda watch: watch.found.seen and watch.observed.saves.interval and watch.observed.complete > 2)
        before = len(os.listdir(self.checkpoints))
        self.interrupt(run)
        self.assertGreater(len(os.listdir(self.checkpoints)), before)
        self.assertNotIn("DataLoader worker", self.log(run))


@TORCH
class Ranks(Training):
    def test_torchrun_ranks_are_told_themselves(self):
        # Some torch cannot be started with its defaults; an entry for a rank that does not exist stands in for two of them.
        script = "exec %s -m torch.distributed.run --standalone --nproc_per_node=2 train.py\n" % PYTHON
        run = self.started("run.sh", run_sh=script, train_py=DDP, more={"environment": {
            "OMP_NUM_THREADS": "1", "PET_REDIRECTS": "9:1", "PET_TEE": "9:1"}})
        self.look()
        self.interrupt(run)
        self.assertEqual(["rank 0 SIGTERM", "rank 1 SIGTERM"], sorted(self.signals()))
        self.assertEqual([("python3 train.py", "trainer")] * 2, self.told(run)[:2])
        # torchrun looks at its ranks every few seconds only: it may be told after them, which costs no save.
        self.assertNotIn("trainer", [role for _, role in self.told(run)[2:]])
        self.assertRegex(self.log(run), r"rank 1 ended after step \d+")
        self.assertEqual([True, True], [one["handles"] for one in self.final["data"]["trainers"]])

    def test_ranks_of_spawn_are_told_themselves(self):
        text = "from lib import *\nimport torch.multiprocessing as mp\ndef work(rank):\n    import lib\n" \
               "    def told(number, _):\n        open('signals', 'a').write('rank %d\\n' % rank)\n        stop.append(1)\n" \
               "    signal.signal(signal.SIGTERM, told)\n    lib.train(every=4 if rank == 0 else 0)\n" \
               "if __name__ == '__main__':\n    mp.spawn(work, nprocs=2)\n"
        run = self.started(train_py=text, wait="train.py")
        self.look()
        self.interrupt(run)
        self.assertEqual(["rank 0", "rank 1"], sorted(line for line in self.signals() if line.startswith("rank")))

    def test_a_helper_that_saves_for_the_trainer_is_not_told(self):
        text = TRAIN.replace("train()", '''
import multiprocessing
def helper(queue):
    for step in iter(queue.get, None):
        save(step)
queue = multiprocessing.get_context("fork").Queue()
process = multiprocessing.get_context("fork").Process(target=helper, args=(queue,))
process.start()
ready()
step = 0
while not stop:
    step += 1
    end = time.monotonic() + 0.3
    while time.monotonic() < end: pass
    queue.put(step)
queue.put(1000 + step)
queue.put(None)
process.join()
note("saved %d" % process.exitcode)
''')
        run = self.started(train_py=text)
        self.look(lambda watch: watch.found.seen and any(seen.cpu_within(10) > 1 for seen in watch._seen.values()))
        self.interrupt(run)
        self.assertEqual([("python3 train.py", "trainer")], self.told(run))
        self.assertEqual(["train.py SIGTERM", "train.py saved 0"], self.signals())
