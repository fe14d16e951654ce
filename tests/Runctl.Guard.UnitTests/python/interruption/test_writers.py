"""Which processes belong to a run because they write its weight files."""
import os
import subprocess
import sys
from unittest import mock

import support
from runctl_guard.interruption.observed import Observed
from runctl_guard.interruption.trainer_watch import TrainerWatch
from runctl_guard.runs.target import ProcessTarget
from runctl_guard.system import processes

# Holds a descriptor that it was given, as a service does that a user hands one to.
HOLDER = ["/bin/sleep", "600"]


class Writers(support.OtherUserTest):
    OF_A_SERVICE = 12345

    def holder(self, uid):
        def become():
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
        process = subprocess.Popen(HOLDER, preexec_fn=become, start_new_session=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return processes.read(process.pid)

    def members(self, *writers):
        run = self.new_run()
        target = ProcessTarget(run)
        observe = mock.Mock(return_value=Observed(writers=frozenset((process.pid, process.start) for process in writers)))
        watch = TrainerWatch(run, target, observe)
        with mock.patch.object(watch, "_sample"), mock.patch.object(watch, "_keep"), mock.patch.object(watch, "facts", return_value={}):
            watch.look()
        self.target = target
        return set(target.members())

    def test_a_process_of_the_user_s_that_writes_weights_is_one_of_the_run_and_a_service_that_holds_them_is_not(self):
        own, service = self.holder(self.UID), self.holder(self.OF_A_SERVICE)
        self.assertEqual({own.pid}, self.members(own, service))
        self.assertEqual([own.pid], self.target.kill())
        self.assertTrue(processes.alive(processes.read(service.pid)))

    def test_what_runs_in_a_container_is_one_whoever_it_is(self):
        process = subprocess.Popen(["unshare", "--pid", "--fork", "--kill-child", *HOLDER])
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        inner = support.eventually(lambda: next((one for one in processes.table().values() if one.parent == process.pid), None))
        self.assertTrue(processes.acts_for(inner.pid, self.UID))
        self.assertFalse(processes.acts_for(process.pid, self.UID))
        self.assertFalse(processes.acts_for(2 ** 22 + 1, self.UID))


# Waits for a child that writes a million bytes, and writes ten thousand itself.
PARENT = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import os; input(); os.write(os.open(os.devnull, os.O_WRONLY), bytes(10 ** 6))"],
                         stdin=subprocess.PIPE)
print(child.pid, flush=True)
input()
child.communicate(b"\\n")
os.write(os.open(os.devnull, os.O_WRONLY), bytes(10 ** 4))
print("waited", flush=True)
input()
"""

LATE = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import os; input(); os.write(os.open(os.devnull, os.O_WRONLY), bytes(10 ** 6))"],
                         stdin=subprocess.PIPE)
print(child.pid, flush=True)
input()
child.stdin.write(b"\\n")
child.stdin.close()
input()
child.wait()
print("waited", flush=True)
input()
"""


class BytesOfChildren(support.RootedTest):
    def test_what_a_child_wrote_is_not_counted_for_the_parent_that_has_waited_for_it(self):
        parent = subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(parent.communicate)
        self.addCleanup(parent.kill)
        child = int(parent.stdout.readline())
        watch = TrainerWatch(self.new_run(), mock.Mock(), mock.Mock())
        for looks in (1, 2):
            watch.observed = Observed(looks=looks)
            members = {pid: processes.read(pid) for pid in (parent.pid, child) if looks == 1 or pid != child}
            watch._sample(members, float(looks))
            if looks == 1:
                parent.stdin.write("\n")
                parent.stdin.flush()
                self.assertEqual("waited\n", parent.stdout.readline())
        [seen] = watch._seen.values()
        self.assertGreater(processes.bytes_written(parent.pid), 10 ** 6)
        # A print is a few bytes more.
        self.assertIn(seen.written[-1] - seen.written[0], range(10 ** 4, 10 ** 4 + 100))

    def test_nor_if_the_parent_waits_for_it_long_after_its_end(self):
        # A launcher that looks after its trainings every few seconds.
        parent = subprocess.Popen([sys.executable, "-c", LATE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(parent.communicate)
        self.addCleanup(parent.kill)
        child = int(parent.stdout.readline())
        watch = TrainerWatch(self.new_run(), mock.Mock(), mock.Mock())

        def look(looks):
            watch.observed = Observed(looks=looks)
            found = {pid: processes.read(pid) for pid in (parent.pid, child)}
            watch._sample({pid: process for pid, process in found.items() if processes.alive(process)}, float(looks))
        look(1)
        parent.stdin.write("\n")
        parent.stdin.flush()
        support.eventually(lambda: processes.read(child).state == "Z")
        look(2)
        look(3)
        parent.stdin.write("\n")
        parent.stdin.flush()
        self.assertEqual("waited\n", parent.stdout.readline())
        look(4)
        [seen] = watch._seen.values()
        self.assertGreater(processes.bytes_written(parent.pid), 10 ** 6)
        self.assertLess(seen.written[-1] - seen.written[0], 100)

    def test_what_an_old_process_wrote_before_the_first_look_is_not_counted(self):
        process = subprocess.Popen([sys.executable, "-c", "print(end='x' * 5000, flush=True); input()"], stdin=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL, text=True)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        support.eventually(lambda: processes.bytes_written(process.pid) >= 5000)
        run = self.new_run()
        for age, known in ((1.0, 5000), (60.0, 0)):
            watch = TrainerWatch(run, mock.Mock(), mock.Mock())
            watch.observed = Observed(looks=1)
            with mock.patch.object(processes, "age", return_value=age):
                watch._sample({process.pid: processes.read(process.pid)}, 1.0)
            [seen] = watch._seen.values()
            self.assertEqual([known], list(seen.written))
