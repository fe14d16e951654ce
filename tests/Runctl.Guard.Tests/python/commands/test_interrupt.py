"""`interrupt` where no guard is alive, or where one is stuck."""
import email.utils
import os
import threading
import time
from unittest import mock

import live
import support
from runctl_guard import errors
from runctl_guard.commands import interrupt
from runctl_guard.service import guard_process
from runctl_guard.system import files, processes
from runctl_guard.system.clock import utc_seconds_text


class StoodIn(live.LiveTest, support.WithService):
    def run_it(self):
        run = self.new_run(live.SAVES)
        self.start_training(run)
        support.eventually(lambda: "ready" in self.log(run))
        return run

    def signals(self, run):
        with open(os.path.join(run.state["project_dir"], "signals")) as file:
            return file.read()

    def interrupt(self, run, deadline=None, **options):
        at = utc_seconds_text(time.time() + 60) if deadline is None else deadline
        return interrupt.interrupt(run, "interruption", at, None, True, **options)

    def test_without_a_guard_the_command_runs_the_sequence(self):
        run = self.run_it()
        final = self.interrupt(run, source="monitor", action="stop")
        self.assertEqual(("InterruptionHandled", "interrupted"), (final["kind"], run.state["state"]))
        detected = run.last_event(("InterruptionDetected",))["data"]
        self.assertEqual(("monitor", "stop"), (detected["source"], detected["action"]))
        self.assertEqual("x", self.signals(run))

    def test_a_stopped_unit_is_a_stop_by_hand_unless_the_system_goes_down(self):
        run = self.new_run()
        for going_down, reason in ((False, "manual"), (True, "interruption")):
            with mock.patch.object(interrupt, "going_down", lambda: going_down), \
                    mock.patch.object(interrupt, "interrupt") as called:
                interrupt.unit_stopped(run)
            asked, reason_asked, deadline = called.call_args[0][:3]
            self.assertEqual((run, reason, going_down), (asked, reason_asked, deadline is not None))

    def test_an_S3_that_does_not_take_the_end_does_not_undo_what_was_saved(self):
        run = self.run_it()
        with mock.patch.object(interrupt, "SETTLE_SECONDS", 0.0), \
                mock.patch.object(interrupt.completion, "settle", side_effect=errors.GuardError("S3Failed", "no")) as settle:
            self.assertEqual("InterruptionHandled", self.interrupt(run)["kind"])
        settle.assert_called()

    def test_a_guard_that_lives_and_does_not_begin_is_stood_in_for(self):
        run = self.run_it()
        files.write_json(guard_process.guard_file(), dict(processes.own().identity(), ready=False))
        with mock.patch.object(interrupt, "DEAF_PATIENCE", 0.3):
            self.assertEqual("InterruptionHandled", self.interrupt(run)["kind"])

    def test_a_guard_that_is_at_it_is_waited_for(self):
        run = self.run_it()
        with files.locked(run.file("sequence.lock")), mock.patch.object(interrupt, "DEAD_PATIENCE", 0.1):
            other = threading.Thread(target=self.interrupt, args=(run,))
            other.start()
            time.sleep(0.6)
            self.assertIsNone(run.last_event(("InterruptionDetected",)))
        other.join(30)
        self.assertEqual("x", self.signals(run))

    def test_a_wrong_clock_does_not_cut_the_time_to_save(self):
        run = self.new_run()
        # The service's clock, which is right, is three minutes behind ours.
        self.fake.answers["meta-data/instance-id"] = (200, "i-1")
        self.fake.headers["Date"] = email.utils.formatdate(time.time() - 180, usegmt=True)
        run.update(state="running")
        with mock.patch.object(interrupt, "_await"):
            self.interrupt(run, utc_seconds_text(time.time() - 180 + 100))
        left = files.read_json(run.file("request.json"))["deadline_monotonic"] - time.monotonic()
        self.assertAlmostEqual(100, left, delta=5)

    def test_a_deadline_that_is_no_time_is_refused(self):
        run = self.new_run()
        with self.assertRaises(errors.GuardError) as caught:
            self.interrupt(run, "in two minutes")
        self.assertEqual(errors.USAGE, caught.exception.exit_code)
