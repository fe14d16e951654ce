import os
import time

import live
import support
from runctl_guard.system import processes


class Reaper(live.LiveTest):
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


class ExitCode(live.LiveTest):
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
