"""What is told and done where no guard is alive, or where one is stuck."""
import email.utils
import json
import os
import threading
import time
import unittest
from unittest import mock

import support
from runctl_guard import errors
from runctl_guard.commands import interrupt, status
from runctl_guard.interruption.notice import standing
from runctl_guard.service import guard_process, keeper
from runctl_guard.system import files, paths, processes
from runctl_guard.system.clock import boot_id, utc_seconds_text
from test_imds import ACTION, WithService

SAVES = """
import os, signal, sys, time
def save(*_):
    with open("signals", "a") as f:
        f.write("x")
    sys.exit(0)
signal.signal(signal.SIGTERM, save)
print("ready", flush=True)
while True:
    time.sleep(0.02)
"""


def body(seconds):
    return {"action": "stop", "time": utc_seconds_text(time.time() + seconds)}


class Standing(unittest.TestCase):
    NOW = 1769860800.0

    def feed(self, kept, state, value=None):
        return standing(kept, state, value, self.NOW, 1000.0)

    def kept(self, **changes):
        return dict({"time": utc_seconds_text(self.NOW + 60), "action": "stop", "deadline": 1060.0}, **changes)

    def test_a_notice_that_no_guard_has_seen_stands(self):
        found = self.feed({}, "ok", {"action": "hibernate", "time": utc_seconds_text(self.NOW + 90)})
        self.assertEqual({"action": "hibernate", "time": utc_seconds_text(self.NOW + 90)}, found)

    def test_the_time_that_was_noted_first_stands(self):
        self.assertEqual(utc_seconds_text(self.NOW + 60), self.feed(self.kept(), "ok", {"time": utc_seconds_text(self.NOW + 90)})["time"])

    def test_an_error_leaves_what_was_noted(self):
        self.assertEqual("stop", self.feed(self.kept(), "unreachable")["action"])
        self.assertIsNone(self.feed({}, "unreachable"))

    def test_a_404_ends_what_was_noted(self):
        self.assertIsNone(self.feed(self.kept(), "none"))

    def test_a_stale_one_does_not_stand(self):
        self.assertIsNone(self.feed({}, "ok", {"time": utc_seconds_text(self.NOW - 400)}))
        self.assertIsNone(self.feed(self.kept(stale=True), "error"))


class Told(WithService):
    def status(self):
        return status.status(None, 0, None, 2400)

    def test_a_notice_is_seen_without_a_guard(self):
        run = self.new_run()
        run.update(state="running")
        notice = body(100)
        self.fake.answers[ACTION] = (200, json.dumps(notice))
        told = self.status()
        self.assertEqual((False, "ok"), (told["guard"]["alive"], told["guard"]["imds"]))
        self.assertEqual({"action": "stop", "time": notice["time"], "drill": False}, told["notice"])

    def test_the_metadata_service_is_not_asked_where_nothing_could_be_told_any_more(self):
        run = self.new_run()
        for state in ("finished", "interrupted", "interrupting"):
            run.update(state=state)
            self.status()
        self.assertNotIn(ACTION, self.fake.asked)

    def test_a_silent_metadata_service_costs_little_and_is_told(self):
        run = self.new_run()
        run.update(state="running")
        files.write_json(os.path.join(paths.home(), "instance.json"),
                         {"schema": 1, "instance_id": "i-1", "boot_id": boot_id()})
        gate = threading.Event()
        self.addCleanup(gate.set)
        self.fake.answers[ACTION] = lambda: (gate.wait(20), (404, ""))[1]
        began = time.monotonic()
        self.assertEqual("unreachable", self.status()["guard"]["imds"])
        self.assertLess(time.monotonic() - began, 5.0)


class StoodIn(WithService):
    def run_it(self):
        run = self.new_run(SAVES)
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


class Kept(support.RootedTest):
    def test_a_second_keeper_leaves_at_once(self):
        path = os.path.join(paths.home(), "keeper.lock")
        with files.locked(path), mock.patch.object(keeper, "KEEPER_SECONDS", 0.1), \
                mock.patch.object(keeper, "detach") as detach:
            self.assertEqual(guard_process.LEFT, keeper.keep())
        detach.assert_not_called()


if __name__ == "__main__":
    unittest.main()
