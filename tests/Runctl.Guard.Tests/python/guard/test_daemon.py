import json
import os
import signal
import subprocess
import sys
import time

import live
import support
from runctl_guard.guard import daemon
from runctl_guard.runs.registry import all_runs
from runctl_guard.service import guard_process, spawn
from runctl_guard.system import paths, processes
from runctl_guard.system.clock import utc_seconds_text

SAVES = """
import json, signal
def told(*_):
    with open("checkpoints/epoch_3.json", "w") as file:
        json.dump({"epoch": 3}, file)
    raise SystemExit(0)
signal.signal(signal.SIGTERM, told)
print("ready", flush=True)
while True:
    signal.pause()
"""
UNDER_SYSTEMD = "import sys; sys.path.insert(0, sys.argv[1])\nfrom runctl_guard.guard import daemon\n" \
                "from runctl_guard.system import paths\n" \
                "paths.set_program(sys.argv[1])\ndaemon.has_systemd = lambda: True\nsys.exit(daemon.main())"


class Guarded(live.LiveTest):
    def training(self):
        run = self.new_run(SAVES)
        self.start_training(run)
        support.eventually(lambda: "ready" in self.log(run))
        return run

    def guard(self, *command):
        log = open(os.path.join(paths.home(), "guard.log"), "ab")
        self.addCleanup(log.close)
        guard = subprocess.Popen(command or spawn.ours("guard"), stdout=log, stderr=log)
        self.addCleanup(guard.wait)
        self.addCleanup(guard.kill)
        support.eventually(guard_process.guard_identity)
        return guard

    def guard_log(self):
        with open(os.path.join(paths.home(), "guard.log")) as file:
            return file.read()


class Begins(Guarded):
    def test_a_notice_whose_time_is_over_when_the_runs_are_looked_at_for_the_first_time_is_handled(self):
        fake = support.FakeImds()
        self.addCleanup(fake.close)
        self.set_environment(AWS_EC2_METADATA_SERVICE_ENDPOINT=fake.url)
        run = self.training()
        notice = json.dumps({"action": "terminate", "time": utc_seconds_text(time.time() + 1)})
        fake.answers[support.ACTION] = (200, notice)
        guard = daemon.Guard()
        guard._poller.poll()
        support.eventually(lambda: guard._poller.standing() is None)
        guard._tick()
        support.eventually(lambda: run.state["state"] == "interrupted")
        self.assertTrue(os.path.exists(os.path.join(self.checkpoints, "epoch_3.json")))


class Broken(Guarded):
    """Beside a training that is well there are runs nobody can make sense of."""

    def setUp(self):
        super().setUp()
        self.fake = support.FakeImds()
        self.addCleanup(self.fake.close)
        self.set_environment(AWS_EC2_METADATA_SERVICE_ENDPOINT=self.fake.url)

    def broken(self, name, **contents):
        os.makedirs(os.path.join(paths.runs(), name))
        for file, text in contents.items():
            with open(os.path.join(paths.runs(), name, file + ".json"), "w") as out:
                out.write(text)

    def all_of_them(self):
        self.broken("lost+found", state="{}")
        self.broken("aaa-20260131-120000-abcdef", state="[]")
        self.broken("bbb-20260131-120000-abcdef", state='{"state": "runn')
        self.broken("ccc-20260131-120000-abcdef", state='{"state": "running", "attempt": 1}')
        self.broken("ddd-20260131-120000-abcdef", state='{"state": "finished"}', spec='{"alerts": {"webhook_url": "x"}}',
                    alerted='{"seq": "none"}', events="")

    def test_the_notice_is_seen_and_the_others_training_is_saved(self):
        run = self.training()
        self.all_of_them()
        self.guard()
        time.sleep(2.5)
        self.assertEqual("running", run.state["state"])
        self.fake.answers[support.ACTION] = (200, json.dumps({"action": "stop", "time": utc_seconds_text(time.time() + 100)}))
        support.eventually(lambda: run.state["state"] == "interrupted")
        self.assertIn("CheckpointSaved", [event["kind"] for event in run.events()])

    def test_a_training_that_ends_is_finished(self):
        run = self.training()
        self.all_of_them()
        self.guard()
        os.kill(run.training()["pid"], signal.SIGTERM)
        support.eventually(lambda: run.state["state"] == "finished")

    def test_what_is_wrong_is_told_but_not_at_every_look(self):
        self.broken("aaa-20260131-120000-abcdef", state="[]")
        self.guard()
        time.sleep(3)
        log = self.guard_log()
        self.assertEqual(1, log.count("Traceback"), log)
        self.assertIn("4 times by now: ValueError('The state of aaa-20260131-120000-abcdef cannot be read.')", log)

    def test_only_what_is_a_run_is_one(self):
        run = self.new_run()
        self.all_of_them()
        self.assertEqual({run.id, "ccc-20260131-120000-abcdef", "ddd-20260131-120000-abcdef"}, {one.id for one in all_runs()})


class Successors(Guarded):
    def test_what_the_guard_before_had_begun_to_write_goes(self):
        run = self.new_run()
        run.update(state="finished")
        gone = subprocess.Popen(["true"])
        gone.wait()
        begun = run.file("state.json.%d.140650850858640.tmp" % gone.pid)
        open(begun, "w").close()
        self.guard()
        support.eventually(lambda: not os.path.exists(begun))


class Signals(Guarded):
    def under_systemd(self, job):
        """The guard where systemd says that this is its job with it."""
        program = os.path.join(self.root, "systemctl")
        with open(program, "w") as file:
            file.write("#!/bin/sh\necho '1203 runctl-guard.service %s running'\n" % job)
        os.chmod(program, 0o755)
        self.set_environment(PATH="%s:%s" % (self.root, os.environ["PATH"]))
        return self.guard(sys.executable, "-c", UNDER_SYSTEMD, support.PROGRAM)

    def test_a_restart_by_systemd_is_no_end_of_the_training(self):
        run = self.training()
        guard = self.under_systemd("restart")
        guard.send_signal(signal.SIGTERM)
        # Not the exit code at which systemd is to leave it alone.
        self.assertEqual(0, guard.wait(10))
        self.assertEqual("running", run.state["state"])
        self.assertIsNotNone(processes.find(run.training()))

    def test_a_stop_by_systemd_saves_first(self):
        run = self.training()
        guard = self.under_systemd("stop")
        guard.send_signal(signal.SIGTERM)
        self.assertEqual(guard_process.LEFT, guard.wait(20))
        self.assertEqual("interrupted", run.state["state"])

    def test_without_systemd_it_saves_first(self):
        run = self.training()
        guard = self.guard()
        guard.send_signal(signal.SIGTERM)
        self.assertEqual(guard_process.LEFT, guard.wait(20))
        self.assertEqual("interrupted", run.state["state"])

    def test_however_often_it_is_woken_it_goes_on(self):
        guard = self.guard()
        end = time.monotonic() + 2
        while time.monotonic() < end:
            guard.send_signal(signal.SIGUSR1)
            time.sleep(0.00002)
        guard.send_signal(signal.SIGHUP)
        self.assertEqual(guard_process.LEFT, guard.wait(10))
