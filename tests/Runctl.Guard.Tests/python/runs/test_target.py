import os
import subprocess
from unittest import mock

import live
import support
from runctl_guard.runs.target import ProcessTarget
from runctl_guard.system import processes
from runctl_guard.system.processes import open_for_writing


class ProcessSet(live.LiveTest):
    def started(self, text):
        run = self.new_run(text)
        self.start_training(run)
        return run, ProcessTarget(run)

    def test_a_child_in_a_session_of_its_own_belongs_to_it(self):
        run, target = self.started(
            "import subprocess, signal\nsubprocess.Popen(['/bin/sleep', '60'], start_new_session=True)\nsignal.pause()")
        support.eventually(lambda: len(target.members()) == 2)

    def test_an_orphan_that_cleaned_its_environment_is_found_and_killed(self):
        run, target = self.started(
            "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
            "        os.execve('/bin/sleep', ['sleep', '60'], {})\n    os._exit(0)\nos.wait()\ntime.sleep(0.1)")
        support.eventually(run.exit)
        members = support.eventually(target.members)
        self.assertEqual(["sleep"], [one.name for one in members.values()])
        self.assertEqual(sorted(members), target.kill())
        self.assertEqual({}, target.members())

    def test_kill_ends_those_who_ignore_everything_else(self):
        run, target = self.started(
            "import os, signal\nsignal.signal(15, signal.SIG_IGN)\nos.fork()\nos.fork()\nsignal.pause()")
        support.eventually(lambda: len(target.members()) == 4)
        self.assertEqual(4, len(target.kill()))
        self.assertEqual(9, support.eventually(run.exit)["signal"])

    def test_a_file_open_for_writing_is_not_settled(self):
        run, target = self.started("import signal\nf = open('checkpoints/a.pt', 'w')\ng = open('train.py')\n"
                                   "open('ready', 'w').close()\nsignal.pause()")
        project = run.state["project_dir"]
        support.eventually(lambda: os.path.exists(os.path.join(project, "ready")))
        members = target.members()
        self.assertTrue(open_for_writing(members, {os.path.realpath(os.path.join(self.checkpoints, "a.pt"))}))
        self.assertFalse(open_for_writing(members, {os.path.realpath(os.path.join(project, "train.py"))}))

    def test_a_descriptor_that_vanishes_while_they_are_listed_hides_no_other(self):
        path = os.path.realpath(os.path.join(self.root, "a.pt"))
        scanned, gone = os.scandir, mock.Mock(path="/proc/self/fd/99999")
        gone.name = "99999"
        with open(path, "w"), mock.patch("os.scandir", lambda folder: [gone] + list(scanned(folder))):
            self.assertEqual({path}, open_for_writing([os.getpid()], {path}))

    def test_a_process_that_belongs_to_it_by_what_it_does_is_killed_with_its_children(self):
        run, target = self.started("import signal\nsignal.pause()")
        other = subprocess.Popen(["/bin/sh", "-c", "sleep 60 & exec sleep 60"], env={}, start_new_session=True)
        self.addCleanup(other.wait)
        self.addCleanup(other.kill)
        self.assertNotIn(other.pid, target.members())
        target.add([(other.pid, processes.read(other.pid).start)])
        support.eventually(lambda: len(target.members()) == 3)
        self.assertEqual(3, len(target.kill()))
