import os
import subprocess
import time
import unittest
from unittest import mock

import support
from runctl_guard.runs.target import ProcessTarget
from runctl_guard.system import processes
from runctl_guard.system.processes import open_for_writing

class Identity(unittest.TestCase):
    def test_a_pid_given_to_another_is_not_the_process(self):
        identity = processes.own().identity()
        self.assertIsNotNone(processes.find(identity))
        self.assertIsNone(processes.find(dict(identity, start_time=1)))
        self.assertIsNone(processes.find(dict(identity, boot_id="another")))

    def test_a_zombie_is_gone(self):
        child = subprocess.Popen(["/bin/true"])
        self.addCleanup(child.wait)
        support.eventually(lambda: processes.read(child.pid).state == "Z")
        self.assertNotIn(child.pid, processes.table())


class Reaper(support.RootedTest):
    def exit(self, script, name="train.py"):
        run = self.new_run(script, name)
        self.start_training(run)
        return support.eventually(run.exit)

    def test_the_exit_code_is_kept(self):
        self.assertEqual((7, None), self.values(self.exit("raise SystemExit(7)")))

    def test_a_signal_is_kept_beside_the_code_a_shell_would_show(self):
        self.assertEqual((137, 9), self.values(self.exit("import os\nos.kill(os.getpid(), 9)")))

    def test_a_shell_script_is_run_by_a_shell(self):
        self.assertEqual((3, None), self.values(self.exit("exit 3", "train.sh")))

    def values(self, ended):
        return ended["exit_code"], ended["signal"]

    def test_output_and_errors_are_in_the_log(self):
        run = self.new_run("import sys\nprint('out')\nprint('err', file=sys.stderr)")
        self.start_training(run)
        support.eventually(run.exit)
        self.assertEqual(["err", "out"], sorted(self.log(run).split()))

    def test_the_training_is_told_of_its_run(self):
        run = self.new_run("import os\nprint(os.environ['RUNCTL_RUN_ID'], os.environ['RUNCTL_ATTEMPT'], os.getcwd(),"
                           " os.environ['HOME'], os.environ['RUNCTL_CHECKPOINT_DIR'])\n"
                           "open(os.environ['RUNCTL_PROGRESS_FILE'], 'a').write('step 4\\nstep 5\\nstep 6')")
        self.start_training(run)
        support.eventually(run.exit)
        state = run.state
        self.assertEqual([run.id, "1", state["project_dir"], os.path.join(self.root, "home/ubuntu"),
                          state["checkpoint_dir"]], self.log(run).split())
        # The last line has no end: its number may lack digits.
        self.assertEqual((4, 5), (run.first_step(), run.last_step()))

    def test_steps_are_unknown_without_progress(self):
        run = self.new_run("")
        self.assertIsNone(run.last_step())

    def test_nothing_is_started_twice(self):
        run = self.new_run("import time\nprint('started', flush=True)\ntime.sleep(60)")
        training = self.start_training(run)
        from runctl_guard.training.reaper import main
        self.assertEqual(0, main(run.id, lambda _: None))
        self.assertEqual(training["pid"], run.training()["pid"])


class ProcessSet(support.RootedTest):
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
        scanned = os.scandir
        gone = mock.Mock()
        gone.name, gone.path = "99999", "/proc/self/fd/99999"
        with open(path, "w"), mock.patch("os.scandir", lambda folder: [gone] + list(scanned(folder))):
            self.assertEqual({path}, open_for_writing([os.getpid()], {path}))


class ExitCode(support.RootedTest):
    def test_it_is_written_as_soon_as_there_is_room_for_it(self):
        run = self.new_run("raise SystemExit(7)")
        # Nothing can be put in its place.
        os.mkdir(run.file("exit.json"))
        training = self.start_training(run)
        support.eventually(lambda: processes.find(training) is None)
        time.sleep(0.5)
        self.assertIsNotNone(processes.find(training["reaper"]))
        os.rmdir(run.file("exit.json"))
        self.assertEqual(7, support.eventually(run.exit)["exit_code"])
        support.eventually(lambda: processes.find(training["reaper"]) is None)


if __name__ == "__main__":
    unittest.main()
