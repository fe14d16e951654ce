"""How long a start waits: until the training's process has lived for a moment, or is known to have failed."""
import subprocess
import threading
import time

import support
from runctl_guard.commands.run import await_living
from runctl_guard.errors import TRAINING_FAILED, GuardError
from runctl_guard.system import files, processes
from runctl_guard.system.clock import utc_text


class Waiting(support.RootedTest):
    def run_of(self, command):
        """A run whose start was written down long before its process began, as behind slow secrets or on a busy machine."""
        run = self.new_run()
        process = subprocess.Popen(["/bin/sh", "-c", command])
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        files.write_json(run.file("training.json"), dict(processes.read(process.pid).identity(), schema=1, attempt=1))
        run.update(state="running", pid=process.pid, started=utc_text(), started_at=time.time() - 60)
        return run, process

    def test_a_process_that_ended_at_once_is_waited_for_until_its_exit_is_written(self):
        run, process = self.run_of("exit 3")
        with open(run.file("log"), "w") as log:
            log.write("cannot find the data\n")

        def settle():
            process.wait()
            # What the reaper and the guard write, later than any process here needs to end.
            time.sleep(0.5)
            files.write_json(run.file("exit.json"), {"schema": 1, "attempt": 1, "exit_code": 3, "signal": None, "error": None})
            run.update(state="failed", exit_code=3, error={"id": "TrainingFailed", "message": "failed with exit code 3"})
        settler = threading.Thread(target=settle)
        settler.start()
        self.addCleanup(settler.join)
        with self.assertRaises(GuardError) as raised:
            await_living(run)
        self.assertEqual(("TrainingFailed", TRAINING_FAILED), (raised.exception.id, raised.exception.exit_code))
        self.assertIn("failed with exit code 3:\ncannot find the data", str(raised.exception))

    def test_a_process_that_goes_on_lives_after_a_moment_of_its_own(self):
        run, process = self.run_of("exec sleep 60")
        self.assertEqual("running", await_living(run)["state"])
        self.assertGreaterEqual(processes.age(processes.read(process.pid)), 2.0)
