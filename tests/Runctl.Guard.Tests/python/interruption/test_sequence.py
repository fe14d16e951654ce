import contextlib
import errno
import io
import json
import os
import subprocess
import sys
import threading
import time
from unittest import mock

import live
import support
from runctl_guard.checkpoints import snapshots
from runctl_guard.checkpoints.uploads import uploads_of
from runctl_guard.interruption.sequence import Busy, Sequence
from runctl_guard.interruption.triggers import Trigger
from runctl_guard.runs import journal
from runctl_guard.runs.journal import Journal
from runctl_guard.system import files, waiting

SAVES = """
import json, os, signal, time
def told(*_):
    open("signals", "a").write("x")
    time.sleep(%r)
    with open("checkpoints/epoch_3.json", "w") as file:
        json.dump({"epoch": 3}, file)
    raise SystemExit(0)
signal.signal(signal.SIGTERM, told)
open("ready", "w").close()
while True:
    signal.pause()
"""
# Larger than what is read at once when it is opened.
TWO_SAVES = "import os\nopen('checkpoints/epoch_1.bin', 'wb').write(os.urandom(100000))\n" + (SAVES % 0.0).replace(
    'epoch_3.json", "w"', 'epoch_3.bin", "wb"').replace('json.dump({"epoch": 3}, file)', "file.write(os.urandom(200000))")
IGNORES = "import signal\nsignal.signal(15, signal.SIG_IGN)\nopen('ready', 'w').close()\nwhile True: signal.pause()"


def trigger(seconds=120.0, **more):
    return Trigger("interruption", "drill", "terminate", "2026-01-31T12:00:00Z", time.monotonic() + seconds, **more)


class Sequences(live.LiveTest):
    def setUp(self):
        super().setUp()
        self.start_s3()

    def training(self, text, **changes):
        run = self.new_run(text, **changes)
        self.project = run.state["project_dir"]
        self.start_training(run)
        support.eventually(lambda: os.path.exists(os.path.join(self.project, "ready")))
        return run

    def sequence(self, run):
        from runctl_guard.aws.session import Session
        return Sequence(run, uploads_of(run, Session()))

    def kinds(self, run):
        return [event["kind"] for event in run.events()]

    def signals(self):
        with open(os.path.join(self.project, "signals")) as file:
            return len(file.read())

    def test_the_save_at_the_signal_is_in_s3_before_the_final_event(self):
        run = self.training(SAVES % 0.0, store=support.STORE)
        final = self.sequence(run).run(trigger())
        self.assertEqual(["InterruptionDetected", "InterruptionTime", "TrainingSignalled",
                          "TrainingExited", "CheckpointSaved", "CheckpointUploaded", "InterruptionHandled"],
                         self.kinds(run))
        self.assertEqual(("uploaded", 0, "epoch_3.json"), (final["data"]["outcome"], final["data"]["exit_code"],
                                                          final["data"]["checkpoint"]["name"]))
        self.assertTrue(final["data"]["checkpoint"]["manifest"].endswith("epoch_3.json.manifest.json"))
        self.assertEqual("interrupted", run.state["state"])

    def test_a_save_that_hangs_when_it_is_read_gives_way_to_the_one_before(self):
        self.hangs("epoch_3.bin")
        run = self.training(TWO_SAVES, store=support.STORE)
        watch = uploads_of(run, self.session).checkpoints.watch
        watch.look(whole=True)
        watch.cut_here(0.0)
        final = Sequence(run, uploads_of(run, self.session)).run(trigger(60.0))
        self.assertEqual(("uploaded", "epoch_1.bin"), (final["data"]["outcome"], final["data"]["checkpoint"]["name"]))
        named = [event["data"]["path"] for event in run.events() if event["kind"] in ("CheckpointRejected", "Warning")]
        self.assertIn(os.path.join(run.state["checkpoint_dir"], "epoch_3.bin"), named)

    def hangs(self, name):
        """Reads of the file do not return until the test ends."""
        from runctl_guard.aws.session import Session
        self.session, gate, pread = Session(), threading.Event(), os.pread
        self.addCleanup(gate.set)

        def read(descriptor, *more):
            if os.path.basename(os.readlink("/proc/self/fd/%d" % descriptor)) == name:
                gate.wait(60)
            return pread(descriptor, *more)
        for patch in (mock.patch("os.pread", read), mock.patch.object(waiting, "PATIENCE_SECONDS", 0.5)):
            patch.start()
            self.addCleanup(patch.stop)

    def test_a_save_that_hangs_when_it_is_sent_gives_way_to_the_one_before(self):
        self.hangs("none")
        run = self.training(TWO_SAVES, store=support.STORE)
        uploads = uploads_of(run, self.session)
        uploads.checkpoints.watch.look(whole=True)
        uploads.checkpoints.watch.cut_here(0.0)
        start = uploads.start

        def hang(checkpoint, *more):
            if checkpoint.head == "epoch_3.bin":
                self.hangs("epoch_3.bin")
            return start(checkpoint, *more)
        with mock.patch.object(uploads, "start", hang):
            final = Sequence(run, uploads).run(trigger(60.0))
        self.assertEqual(("uploaded", "epoch_1.bin"), (final["data"]["outcome"], final["data"]["checkpoint"]["name"]))

    def test_who_ignores_the_signal_is_killed_when_grace_is_over(self):
        run = self.training(IGNORES, policy={"grace_seconds": 0.3})
        final = self.sequence(run).run(trigger())
        self.assertIn("TrainingKilled", self.kinds(run))
        self.assertEqual(("nothing-to-save", 137), (final["data"]["outcome"], final["data"]["exit_code"]))

    def granted(self, **known):
        """Seconds of grace of 90 in a window of 120, where the save before the signal would need a minute to S3."""
        run = self.training("open('checkpoints/epoch_1.npy', 'wb').write(b'\\x93NUMPY%s')\n" % ("." * 53) + SAVES % 0.0,
                            store=support.STORE, policy={"grace_seconds": 90.0})
        run.update(upload_rate=1.0, **known)
        self.sequence(run).run(trigger())
        return next(event for event in run.events() if event["kind"] == "TrainingSignalled")["data"]["grace_seconds"]

    def test_grace_is_cut_to_what_the_upload_leaves(self):
        self.assertAlmostEqual(57, self.granted(), delta=5)

    def test_grace_is_not_cut_below_what_the_last_save_needed(self):
        self.assertEqual(90.0, self.granted(last_save_seconds=50.0))

    def test_the_time_in_which_all_stood_still_is_not_taken_from_the_save(self):
        run = self.training(SAVES % 1.0, policy={"grace_seconds": 20.0})
        monotonic, sleep, passed = time.monotonic, time.sleep, []

        def hibernating(seconds):
            if not passed and os.path.exists(os.path.join(self.project, "signals")):
                passed.append(600.0)
            sleep(seconds)
        with mock.patch("time.monotonic", lambda: monotonic() + sum(passed)), mock.patch("time.sleep", hibernating):
            final = self.sequence(run).run(trigger())
        self.assertEqual([600.0], passed)
        self.assertNotIn("TrainingKilled", self.kinds(run))
        self.assertEqual((0, "epoch_3.json"), (final["data"]["exit_code"], final["data"]["checkpoint"]["name"]))

    def test_a_save_cut_off_by_the_kill_falls_back_to_the_last_good_one(self):
        run = self.training(IGNORES, policy={"grace_seconds": 0.2})
        for name, text in (("epoch_1.json", '{"epoch": 1}'), ("epoch_2.json", '{"epo')):
            with open(os.path.join(self.checkpoints, name), "w") as file:
                file.write(text)
            when = time.time() + (1 if name == "epoch_2.json" else 0)
            os.utime(os.path.join(self.checkpoints, name), (when, when))
        final = self.sequence(run).run(trigger())
        self.assertIn("CheckpointRejected", self.kinds(run))
        self.assertEqual(("saved", "epoch_1.json"), (final["data"]["outcome"], final["data"]["checkpoint"]["name"]))

    def test_a_successor_never_signals_twice(self):
        run = self.training(SAVES % 1.5)
        # The first actor dies right after its signal, in the middle of the save.
        code = ("import sys, time\nsys.path.insert(0, %r)\nfrom runctl_guard.runs.run import Run\n"
                "from runctl_guard.aws.session import Session\nfrom runctl_guard.checkpoints.uploads import uploads_of\n"
                "from runctl_guard.interruption.sequence import Sequence\n"
                "from runctl_guard.interruption.triggers import Trigger\n"
                "run = Run(%r)\nSequence(run, uploads_of(run, Session())).run(Trigger('interruption', 'drill', "
                "deadline=time.monotonic() + 120))" % (support.PROGRAM, run.id))
        first = subprocess.Popen([sys.executable, "-B", "-c", code])
        support.eventually(lambda: os.path.exists(os.path.join(self.project, "signals")))
        with self.assertRaises(Busy):
            self.sequence(run).run(trigger())
        first.kill()
        first.wait()
        final = self.sequence(run).run(trigger())
        self.assertEqual(1, self.signals())
        self.assertEqual("saved", final["data"]["outcome"])
        self.assertEqual(1, self.kinds(run).count("InterruptionDetected"))

    def test_a_journal_that_says_signalled_is_believed(self):
        run = self.training(SAVES % 0.0, policy={"grace_seconds": 20.0})
        entries = Journal(run)
        entries.write("begin", **trigger()._asdict())
        entries.write("signal", processes=[{name: run.training()[name] for name in ("pid", "start_time", "boot_id")}],
                      grace=0.2)
        self.sequence(run).run(trigger())
        self.assertFalse(os.path.exists(os.path.join(self.project, "signals")))
        self.assertEqual(1, self.kinds(run).count("TrainingKilled"))

    def test_a_second_call_returns_the_same_final_event(self):
        run = self.training(SAVES % 0.0)
        first = self.sequence(run).run(trigger())
        self.assertEqual(first, self.sequence(run).run(trigger()))

    def test_stopping_by_hand_ends_in_training_stopped(self):
        run = self.training(SAVES % 0.0)
        final = self.sequence(run).run(Trigger("manual", "manual"))
        self.assertEqual(["TrainingSignalled", "TrainingExited", "CheckpointSaved", "TrainingStopped"], self.kinds(run))
        self.assertEqual(("stopped", "saved"), (run.state["state"], final["data"]["outcome"]))

    def test_an_upload_that_fails_is_said_and_the_checkpoint_stays(self):
        run = self.training(SAVES % 0.0, store=support.STORE)
        self.s3.fail = lambda method, *_: 403 if method == "PUT" else None
        final = self.sequence(run).run(trigger())
        self.assertEqual("failed", final["data"]["outcome"])
        self.assertIn("UploadFailed", [event["data"].get("id") for event in run.events()])

    def test_without_a_new_save_the_checkpoint_put_out_of_harms_way_counts(self):
        run = self.training("open('checkpoints/epoch_1.json', 'w').write('{}')\n" + IGNORES,
                            store=support.STORE, policy={"grace_seconds": 0.3})
        final = self.sequence(run).run(trigger())
        self.assertEqual("uploaded", final["data"]["outcome"])
        saved = next(event for event in run.events() if event["kind"] == "CheckpointSaved")
        self.assertFalse(saved["data"]["saved_after_signal"])
        self.assertEqual({}, json.loads(self.s3.body("saved/%s/checkpoints/epoch_1.json" % os.uname().nodename)))


    def test_the_signal_does_not_wait_for_a_copy_that_takes_long(self):
        run = self.training("open('checkpoints/epoch_1.json', 'w').write('{}')\n" + SAVES % 0.0, store=support.STORE)

        def copy(*_):
            support.eventually(lambda: os.path.exists(os.path.join(self.project, "signals")))
            return False
        with mock.patch.object(snapshots.Copies, "copy", copy):
            self.sequence(run).run(trigger())
        entries = Journal(run)
        # Otherwise the copy waits for its bound.
        self.assertLess(entries.first("signal")["at"] - entries.get("begin")["at"], 60.0)

    def test_a_disk_that_takes_nothing_costs_words_and_not_the_save(self):
        run = self.training(SAVES % 0.0, store=support.STORE)

        def full(path, value):
            raise OSError(errno.ENOSPC, "No space left on device", path)
        for module, name in ((files, "append_line"), (files, "write_json"), (journal, "append_line")):
            self.addCleanup(setattr, module, name, getattr(module, name))
            setattr(module, name, full)
        with contextlib.redirect_stderr(io.StringIO()):
            self.sequence(run).run(trigger())
        self.assertEqual(1, self.signals())
        self.assertEqual({"epoch": 3}, json.loads(self.s3.body("saved/%s/checkpoints/epoch_3.json" % os.uname().nodename)))

    def test_a_save_that_spoilt_the_only_file_falls_back_to_the_copy_and_leaves_none_behind(self):
        run = self.training("import zipfile\nwith zipfile.ZipFile('checkpoints/last.pt', 'w') as z: z.writestr('a', b'b')\n" + (
            SAVES % 0.0).replace('json.dump({"epoch": 3}, file)', 'pass').replace("epoch_3.json", "last.pt"), store=support.STORE)
        final = self.sequence(run).run(trigger())
        self.assertEqual(("uploaded", "last.pt"), (final["data"]["outcome"], final["data"]["checkpoint"]["name"]))
        self.assertFalse(os.path.exists(run.file("protected")))
