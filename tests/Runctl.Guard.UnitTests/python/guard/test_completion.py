import contextlib
import io
import json
import os
import shutil
import tempfile
import time
import zipfile
from unittest import mock

import support
from runctl_guard.checkpoints.uploads import uploads_of
from runctl_guard.guard import completion, daemon, leftovers, self_termination
from runctl_guard.guard.supervisor import RunSupervisor
from runctl_guard.runs.attempts import new_attempt
from runctl_guard.runs.run import Run
from runctl_guard.runs.shipper import Shipper
from runctl_guard.system import files, processes
from runctl_guard.system.clock import boot_id, utc_text


class OrdinaryEnd(support.RootedTest):
    def setUp(self):
        super().setUp()
        self.start_s3()
        from runctl_guard.aws.session import Session
        self.session = Session()

    def test_on_a_full_disk_the_last_good_checkpoint_comes_to_s3_whatever_there_is_to_tell(self):
        run = self.new_run(store=support.STORE)
        run.update(state="running", started_at=time.time() - 60)
        for number, text in enumerate(("{}", "{torn")):
            with open(os.path.join(self.checkpoints, "step_%d.json" % number), "w") as file:
                file.write(text)
        for name in ("events.jsonl", "sequence.lock", "state.lock"):
            open(run.file(name), "a").close()
        with support.full_disk(), self.assertRaises(OSError):
            completion.finish(run, self.session)
        self.assertIn("saved/%s/checkpoints/step_0.json.manifest.json" % run.state["instance_id"], self.s3.keys())

    def test_the_end_names_the_file_that_a_training_wrote_last_beside_its_checkpoint(self):
        run = self.new_run(store=support.STORE)
        run.update(state="running", started_at=time.time() - 60)
        watch = uploads_of(run, self.session).checkpoints.watch
        watch.begin()
        for name, size in (("epoch_1.pth", 3000), ("epoch_2.pth", 3000), ("final.pth", 1000)):
            with zipfile.ZipFile(os.path.join(self.checkpoints, name), "w") as file:
                file.writestr("data", os.urandom(size))
            watch.look(whole=True)
            watch.cut_here(0.0)
        files.write_json(run.file("exit.json"), {"schema": 1, "attempt": 1, "exit_code": 0, "signal": None, "ended": utc_text()})
        completion.finish(run, self.session)
        finished = run.last_event(("TrainingFinished",), 1)
        self.assertEqual("Training finished; its last checkpoint has final.pth beside epoch_2.pth", finished["message"])
        checkpoint = finished["data"]["checkpoint"]
        self.assertEqual(("epoch_2.pth", {"path": "final.pth", "step": None}), (checkpoint["name"], checkpoint["newest"]))
        body = self.s3.json(checkpoint["manifest"][len("s3://bucket/"):])
        self.assertEqual({"path": "final.pth", "step": None}, body["newest"])
        self.assertIn("final.pth", [file["path"] for file in body["files"] if file["class"] == "save"])

    def logged(self):
        """A run whose log is in three segments, and that has ended."""
        run = self.new_run(store=support.STORE)
        for number in range(3):
            with open(run.file("log"), "ab") as file:
                file.write(b"line %d\n" % number)
            if number < 2:
                Shipper(self.session.s3(run.spec), run).ship()
        run.update(state="finished", record_pending=True)
        return run

    def log_of(self, run):
        return [key.rpartition("/")[2] for key in self.s3.keys() if key.startswith("runs/runs/%s/log/" % run.id)]

    def test_the_log_of_an_attempt_that_ended_is_one_segment(self):
        run = self.logged()
        completion.settle(run, self.session)
        self.assertEqual(["000000000000-000000000021.gz"], self.log_of(run))
        self.assertFalse(run.state["record_pending"])

    def test_an_end_is_settled_although_the_log_cannot_be_put_together(self):
        run = self.logged()
        self.s3.fail = lambda method, path, query: 503 if method == "GET" and "/log/" in path else None
        with contextlib.redirect_stderr(io.StringIO()) as told:
            completion.settle(run, self.session)
        self.assertIn("S3Error", told.getvalue())
        self.assertEqual(3, len(self.log_of(run)))
        self.assertFalse(run.state["record_pending"])

    def test_an_end_is_settled_although_the_training_damaged_the_record(self):
        run = self.logged()
        self.s3.objects["/bucket/runs/runs/%s/run.json" % run.id] = b'{"attempts":[{"number":1}]}'
        with mock.patch.object(self_termination, "ask") as asked:
            completion.settle(run, self.session)
            completion.settle(run, self.session)
        self.assertEqual(2, asked.call_count)
        self.assertEqual(["000000000000-000000000021.gz"], self.log_of(run))
        self.assertFalse(run.state["record_pending"])
        self.assertEqual(["RecordDamaged"], self.warnings(run))

    def test_on_a_full_disk_who_was_left_behind_is_killed(self):
        run, watch = self.new_run(policy={"grace_seconds": 0.0}), mock.Mock()
        run.update(left_behind_at=0.0)
        open(run.file("events.jsonl"), "a").close()
        left = leftovers.Leftovers(run, watch)
        with support.full_disk(), mock.patch.object(left, "_teller") as teller:
            teller.unfinished.return_value = []
            teller.journal.first.return_value = None
            self.assertFalse(left._end({1: None}))
            teller.leftovers.assert_called_once_with({1: None})
            teller.journal.first.return_value = {"boot_id": boot_id(), "monotonic": time.monotonic()}
            self.assertTrue(left._end({1: None}))
        watch.target.kill.assert_called_once_with()

    def test_the_mirror_goes_on_while_the_end_cannot_be_written_down(self):
        run = self.new_run(store=support.STORE, checkpoint={"dir": "checkpoints", "mirror": True, "patterns": []})
        run.update(state="running", started_at=time.time() - 60)
        # The training is gone, and the reaper has no exit code to show yet.
        files.write_json(run.file("training.json"), dict(
            processes.own().identity(), attempt=1, start_time=1, reaper=processes.own().identity()))
        with zipfile.ZipFile(os.path.join(self.checkpoints, "step_1.pt"), "w") as file:
            file.writestr("data", b"weights")
        one = daemon.Guard()
        support.eventually(lambda: one._tick() or any("step_1.pt.manifest" in key for key in self.s3.keys()))

    def test_what_a_dead_training_left_unproven_is_not_mirrored_while_the_end_cannot_be_written_down(self):
        self.assertEqual([], self.mirrored("step_1.h5"))

    def test_nor_while_those_it_left_behind_have_their_grace(self):
        self.assertEqual([], self.mirrored("step_1.json", exit_code=137))

    def mirrored(self, name, exit_code=None):
        """What comes to S3 of a training whose main process is dead, and whose end has not come."""
        run = self.new_run(store=support.STORE, checkpoint={"dir": "checkpoints", "mirror": True, "patterns": []})
        run.update(state="running", started_at=time.time() - 60)
        files.write_json(run.file("training.json"), dict(
            processes.own().identity(), attempt=1, start_time=1, reaper=processes.own().identity()))
        if exit_code:
            files.write_json(run.file("exit.json"), {"attempt": 1, "exit_code": exit_code, "ended": utc_text()})
        with open(os.path.join(self.checkpoints, name), "w") as file:
            file.write("{}")
        supervisor = RunSupervisor(run, self.session, lambda: 1)
        with mock.patch("runctl_guard.guard.leftovers.Leftovers.ended", return_value=False):
            for _ in range(4):
                supervisor.tasks._due.clear()
                supervisor.look(None, None)
                support.eventually(lambda: not supervisor.tasks.busy("mirror"))
        return [key for key in self.s3.keys() if "manifest" in key]

    def ended(self, store=support.STORE):
        run = self.new_run(store=store, policy={"grace_seconds": 20.0, "on_exit": "terminate"})
        run.update(state="running", started_at=time.time() - 1)
        with open(os.path.join(self.checkpoints, "step_1.json"), "w") as file:
            file.write("{}")
        for name, value in (("training.json", {}), ("exit.json", {"exit_code": 0})):
            with open(run.file(name), "w") as file:
                json.dump(dict(value, attempt=1), file)
        completion.finish(run, self.session)
        return run

    def test_what_is_told_while_the_end_is_settled_is_still_to_be_sent(self):
        run = self.ended()

        def tell(method, path, query):
            if path.endswith("run.json") and not self.warnings(run):
                run.warn("KeptForCheckpoint", "told meanwhile")
        self.s3.fail = tell
        completion.settle(run, self.session)
        self.assertTrue(run.state["record_pending"])
        completion.settle(run, self.session)
        self.assertFalse(run.state["record_pending"])

    def warnings(self, run):
        return [event["data"]["id"] for event in run.events() if event["kind"] == "Warning"]

    def settled(self, run):
        """As the guard does it: S3 first, then the machine, then what there is to say of that."""
        looking = self_termination.SelfTermination()
        for _ in range(2):
            completion.settle(run, self.session)
            looking._due = 0.0
            looking.look([run])
        return run

    def program(self, name, text):
        """On the path, inside the root or not."""
        folder = os.path.join(self.root, name)
        os.makedirs(folder)
        path = os.path.join(folder, "shutdown")
        with open(path, "w") as file:
            file.write("#!/bin/sh\n" + text)
        os.chmod(path, 0o755)
        self.set_environment(PATH=folder + ":" + os.environ["PATH"])

    def test_what_a_script_left_behind_gets_its_grace_by_no_clock_that_can_be_set(self):
        run = self.new_run(policy={"grace_seconds": 30.0, "on_exit": "keep"})
        real, monotonic, passed = time.time, time.monotonic, [0.0]
        for offset in (-3600, 3600):
            run.update(left_behind_at=None)
            left = leftovers.Leftovers(run, mock.Mock())
            with mock.patch("time.time", lambda: real() + offset), \
                    mock.patch("time.monotonic", lambda: monotonic() + passed[0]), mock.patch.object(left, "_teller") as teller:
                teller.unfinished.return_value = []
                teller.journal.first.return_value = None
                for seconds, told in ((0, 0), (29, 0), (2, 1)):
                    passed[0] += seconds
                    self.assertFalse(left._end({1: None}))
                    self.assertEqual(told, teller.leftovers.call_count)
                teller.journal.first.return_value = {"boot_id": boot_id(), "monotonic": time.monotonic()}
                for seconds, over in ((29, False), (2, True)):
                    passed[0] += seconds
                    self.assertEqual(over, left._end({1: None}))

    def test_the_machine_is_ended_once_and_after_the_final_manifest(self):
        self.program("bin", 'echo "$@" >> "$RUNCTL_ROOT/called"')
        run = self.settled(self.ended())
        with open(os.path.join(self.root, "called")) as file:
            self.assertEqual("-h now\n", file.read())
        self.assertIn("saved/%s/checkpoints/step_1.json.manifest.json" % run.state["instance_id"], self.s3.keys())
        self.assertEqual([], self.warnings(run))

    def test_a_machine_that_does_not_go_is_told(self):
        self.program("bin", "exit 1")
        self.assertEqual(["CannotTerminate"], self.warnings(self.settled(self.ended())))

    def test_the_machine_goes_when_the_last_run_on_it_has_ended(self):
        self.program("bin", 'echo "$@" >> "$RUNCTL_ROOT/called"')
        run = self.ended()
        other = self.another(state="running")
        self.settled(run)
        self.assertFalse(os.path.exists(os.path.join(self.root, "called")))
        self.assertEqual(["TerminationWaits"], self.warnings(run))
        # How it ends does not matter, nor that it did not ask for it itself.
        other.update(state="stopped", record_pending=True)
        self.settled(run)
        self.assertFalse(os.path.exists(os.path.join(self.root, "called")))
        other.update(record_pending=False)
        self.settled(run)
        self.assertTrue(os.path.exists(os.path.join(self.root, "called")))

    def test_a_machine_with_the_only_copy_of_another_runs_checkpoint_is_kept(self):
        run = self.ended()
        self.another(state="stopped", unsaved="theirs.pt")
        self.assertEqual(["KeptForCheckpoint"], self.warnings(self.settled(run)))

    def test_a_run_that_can_not_be_read_keeps_the_machine_as_one_that_trains(self):
        self.program("bin", 'echo "$@" >> "$RUNCTL_ROOT/called"')
        run = self.ended()
        path = self.another(state="stopped").file("state.json")
        with open(path, "w"):
            pass
        self.settled(run)
        self.assertEqual(["TerminationWaits"], self.warnings(run))
        self.assertFalse(os.path.exists(os.path.join(self.root, "called")))
        one = daemon.Guard()
        self.assertFalse(one._all_handled())
        os.unlink(path)
        self.assertTrue(one._all_handled())

    def another(self, **changes):
        other = Run("other-20260131-120000-abcdef")
        new_attempt(other, self.spec(run_id=other.id, store=support.STORE), {"number": 1, "nonce": "n"}, "vm")
        other.update(**changes)
        return other

    def test_without_a_bucket_the_only_copy_is_on_the_disk(self):
        self.assertEqual(["KeptForCheckpoint"], self.warnings(self.settled(self.ended(store=None))))

    def test_a_program_outside_the_root_ends_nothing(self):
        outside = tempfile.mkdtemp(prefix="runctl-outside-")
        self.addCleanup(shutil.rmtree, outside, True)
        self.program(os.path.join(outside, "bin"), 'touch "%s/called"' % outside)
        # In a root of its own there is no machine to end; that it was tried is told.
        self.assertEqual(["CannotTerminate"], self.warnings(self.settled(self.ended())))
        self.assertEqual(["bin"], os.listdir(outside))

    def test_a_machine_with_the_only_copy_of_the_last_checkpoint_is_kept(self):
        self.s3.fail = lambda method, path, query: 403 if path.endswith("step_1.json") else None
        run = self.ended()
        self.settled(run)
        self.assertEqual(["UploadFailed", "KeptForCheckpoint"], self.warnings(run))

    def test_what_was_measured_is_known_to_the_next_attempt(self):
        run = self.ended()
        run.update(upload_rate=5e6, last_save_seconds=40.0)
        new_attempt(run, self.spec(store=support.STORE), {"number": 2, "nonce": "m"}, "vm")
        self.assertEqual((5e6, 40.0, 2), tuple(run.state[name] for name in ("upload_rate", "last_save_seconds", "attempt")))
