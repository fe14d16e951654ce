"""What a guard killed at the wrong moment, a full disk, a spoilt save or an S3 that fails leave behind, and who puts it right."""
import json
import os
import threading
import time
import zipfile
from unittest import mock

import live
import support
from runctl_guard.aws.session import Session
from runctl_guard.checkpoints.manifest import Facts
from runctl_guard.checkpoints.uploads import uploads_of
from runctl_guard.errors import GuardError
from runctl_guard.guard import completion, daemon, supervisor
from runctl_guard.interruption import pick, snapshot, withdrawal
from runctl_guard.interruption.interruption import Interruption
from runctl_guard.interruption.sequence import Busy, Sequence
from runctl_guard.interruption.triggers import Trigger, request
from runctl_guard.runs.journal import Journal
from runctl_guard.runs.run import Interrupted
from runctl_guard.service import guard_process, spawn
from runctl_guard.system import files, processes
from runctl_guard.training import reaper, starter


class Killed(BaseException):
    pass


def notice(seconds=4.0):
    return Trigger("interruption", "imds", "terminate", "2026-01-31T12:00:00Z", time.monotonic() + seconds)


def manual():
    return Trigger("manual", "manual")


class Aftermath(live.LiveTest):
    def setUp(self):
        super().setUp()
        self.start_s3()
        self.session = Session()

    def running(self, **more):
        one = self.new_run(store=support.STORE, **more)
        one.update(state="running", started_at=time.time() - 10)
        return one

    def save(self, name, text="weights", age=0.0):
        path = os.path.join(self.checkpoints, name)
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("data", text * 1000)
        os.utime(path, (time.time() - age,) * 2)
        return path

    def tear(self, path):
        with open(path, "r+b") as file:
            file.truncate(300)

    def sequence(self, one, trigger):
        return Sequence(one, uploads_of(one, Session())).run(trigger)

    def after_the_copy(self, act):
        """Something happens once the snapshot is there, as the training's own save at the signal does."""
        begin = snapshot.Snapshot.begin

        def both(taken, *arguments, **named):
            begin(taken, *arguments, **named)
            taken.wait(5)
            act()
        return mock.patch.object(snapshot.Snapshot, "begin", both)


class Successors(Aftermath):
    """Of a guard that was killed in the middle of the sequence."""

    def test_a_copy_that_was_picked_is_uploaded_by_the_successor(self):
        one = self.running()
        path = self.save("last.pt", "good")
        interruption = Interruption(one, notice(), 1)
        self.s3.fail = lambda *_: 403
        uploads = uploads_of(one, self.session)
        taken = snapshot.Snapshot(interruption, uploads)
        taken.begin()
        taken.wait(5)
        self.tear(path)
        uploads.checkpoints.watch.look(final=True)
        picked = pick.Picking(interruption, uploads).pick()
        self.assertEqual("last.pt", picked.checkpoint.head)
        picked.chosen.opened.close()
        self.s3.fail = lambda *_: None
        final = self.sequence(one, notice())
        self.assertEqual("uploaded", final["data"]["outcome"])
        self.assertTrue(any(key.endswith("last.pt") for key in self.s3.keys()))

    def test_an_interruption_is_told_once_although_the_guard_is_killed_before_its_journal_has_it(self):
        one = self.running()
        with mock.patch.object(Journal, "write", side_effect=Killed), self.assertRaises(Killed):
            Interruption(one, notice(), 1)
        self.sequence(one, notice())
        kinds = [event["kind"] for event in one.events()]
        self.assertEqual((1, 1), (kinds.count("InterruptionDetected"), kinds.count("InterruptionHandled")))

    def test_an_upload_is_told_once_although_the_guard_is_killed_before_the_end(self):
        one = self.running()
        self.save("last.pt")
        with mock.patch.object(Sequence, "_finish", side_effect=Killed), self.assertRaises(Killed):
            self.sequence(one, notice())
        self.sequence(one, notice())
        kinds = [event["kind"] for event in one.events()]
        self.assertEqual((1, 1), (kinds.count("CheckpointUploaded"), kinds.count("InterruptionHandled")))

    def test_a_successor_without_a_deadline_comes_to_an_end_although_s3_takes_nothing(self):
        one = self.running()
        self.save("last.pt")
        journal = Journal(one)
        journal.write("begin", **manual()._asdict())
        journal.write("picked", name="last.pt", identity="of an earlier try")
        self.s3.fail = lambda *_: 403
        self.assertEqual("failed", self.sequence(one, manual())["data"]["outcome"])
        self.assertEqual("stopped", one.state["state"])

    def test_a_final_state_the_disk_did_not_take_is_written_by_the_next(self):
        one = self.running()
        write, refused = files.write_unreserved, []

        def full(path, data, mode):
            if path.endswith("state.json") and b'"interrupted"' in data and not refused:
                refused.append(path)
                raise OSError(28, "No space left on device")
            return write(path, data, mode)

        with mock.patch.object(files, "write_unreserved", full), \
                mock.patch("runctl_guard.system.disk_reserve._release", return_value=False):
            self.sequence(one, notice())
        self.assertEqual(("interrupting", False), (one.state["state"], Journal(one).done))
        self.sequence(one, notice())
        self.assertEqual(("interrupted", True), (one.state["state"], Journal(one).done))
        self.assertEqual(1, [event["kind"] for event in one.events()].count("InterruptionHandled"))

    def test_a_guard_that_the_disk_does_not_let_introduce_itself_does_its_work_and_does_so_later(self):
        # Nothing can be put in its place.
        os.mkdir(guard_process.guard_file())
        watching = spawn.detach(spawn.ours("guard"))
        try:
            time.sleep(1.0)
            self.assertIsNone(watching.poll())
            os.rmdir(guard_process.guard_file())
            self.assertEqual(watching.pid, support.eventually(guard_process.guard_identity)["pid"])
        finally:
            watching.kill()
            watching.wait()

    def test_a_state_written_over_the_end_is_put_right(self):
        one = self.running()
        self.sequence(one, notice())
        one.update(state="restoring")
        self.sequence(one, notice())
        self.assertEqual("interrupted", one.state["state"])


class Starting(Aftermath):
    """Beside a sequence that begins."""

    def test_no_phase_of_a_start_begins_beside_a_sequence(self):
        one = self.new_run(store=support.STORE)
        seen = []

        def journal(run):
            # Between the look and the write nobody else gets the run.
            with self.assertRaises(Busy):
                self.sequence(one, notice())
            seen.append(run)
            return Journal(run)

        with mock.patch.object(starter, "Journal", journal), starter._Phase(one, "restoring", "restore"):
            self.assertEqual("restoring", one.state["state"])
        self.assertEqual(1, len(seen))

    def test_after_a_sequence_nothing_is_prepared_any_more(self):
        one = self.new_run(store=support.STORE)
        self.sequence(one, notice())
        with self.assertRaises(Interrupted), starter._Phase(one, "restoring", "restore"):
            self.fail("It was prepared.")
        starter._failed(one, GuardError("Any", "any"), self.session)
        self.assertEqual("interrupted", one.state["state"])

    def test_a_training_whose_secrets_came_too_late_is_never_started(self):
        one = self.new_run("open('ran', 'w')", store=support.STORE)
        secrets = Session.secrets

        def slow(session, spec):
            self.sequence(one, notice())
            return secrets(session, spec)

        with mock.patch.object(Session, "secrets", slow), self.assertRaises(Interrupted):
            reaper._start(one)
        self.assertIsNone(one.training())

    def test_a_training_that_can_not_be_written_down_does_not_go_on(self):
        one = self.new_run("import time; time.sleep(60)")
        started = []

        def refused(run, pid):
            started.append(pid)
            raise OSError(28, "No space left on device")

        with mock.patch.object(reaper, "_write_training", refused), self.assertRaises(OSError):
            reaper._start(one)
        self.assertIsNone(processes.read(started[0]))


class LateSaves(Aftermath):
    """The last checkpoint of a training that ended by itself."""

    def finished(self, one):
        files.write_json(one.file("exit.json"), {"attempt": 1, "exit_code": 0})
        self.save("final.pt")

    def test_what_s3_did_not_take_is_tried_again_after_the_end(self):
        one = self.running()
        self.finished(one)
        self.s3.fail = lambda method, path, query: 403 if "final.pt" in path else None
        completion.finish(one, self.session)
        completion.settle(one, self.session)
        self.assertEqual("final.pt", one.state["unsaved"])
        self.s3.fail = lambda *_: None
        with mock.patch.object(supervisor, "UNSAVED_SECONDS", 0.1), mock.patch.object(daemon, "Session", lambda: self.session):
            watching = daemon.Guard()
            support.eventually(lambda: watching._tick() or not one.state["unsaved"])
        self.assertTrue(any(key.endswith("final.pt.manifest.json") for key in self.s3.keys()))
        told = [event["data"].get("id") for event in one.events() if event["kind"] == "Warning"]
        self.assertEqual(1, told.count("UploadFailed"))
        self.assertEqual("final.pt", one.state["checkpoint"]["name"])

    def test_an_older_one_in_s3_does_not_make_the_newest_safe(self):
        one = self.running(policy={"grace_seconds": 1})
        self.save("epoch_2.pt", "old", 5)
        self.s3.fail = lambda method, path, query: 403 if "epoch_3" in path else None
        with self.after_the_copy(lambda: self.save("epoch_3.pt", "new")):
            said = self.sequence(one, notice())["data"]
        self.assertEqual(("uploaded", "epoch_2.pt", "epoch_3.pt"), (said["outcome"], said["checkpoint"]["name"], said["unsaved"]))
        self.assertEqual("epoch_3.pt", one.state["unsaved"])
        self.s3.fail = lambda *_: None
        completion.save_late(one, self.session)
        self.assertEqual((None, "epoch_3.pt"), (one.state["unsaved"], one.state["checkpoint"]["name"]))
        self.assertTrue(any(key.endswith("epoch_3.pt.manifest.json") for key in self.s3.keys()))

    def spoilt_original(self):
        """The copy was picked, and S3 did not take it; an older one is whole in its file."""
        one = self.running(policy={"grace_seconds": 1})
        self.save("epoch_2.pt", "old", 5)
        last = self.save("last.pt", "good")
        with open(last, "rb") as file:
            self.good = file.read()
        self.s3.fail = lambda method, path, query: 403 if "last.pt" in path else None
        with self.after_the_copy(lambda: self.tear(last)):
            self.sequence(one, notice())
        self.assertEqual("last.pt", one.state["unsaved"])
        return one

    def test_a_copy_whose_original_was_spoilt_is_what_is_tried_again(self):
        one = self.spoilt_original()
        completion.save_late(one, self.session)
        self.assertEqual("last.pt", one.state["unsaved"])
        self.s3.fail = lambda *_: None
        completion.save_late(one, self.session)
        self.assertEqual((None, "last.pt"), (one.state["unsaved"], one.state["checkpoint"]["name"]))
        self.assertEqual(self.good, self.s3.body("saved/%s/checkpoints/last.pt" % os.uname().nodename))
        # The copy has done its work, and who starts again goes on from S3.
        self.assertFalse(os.path.exists(one.file("protected")))
        final = one.last_event(("InterruptionHandled",))["data"]["checkpoint"]
        self.assertEqual({"manifest": one.state["checkpoint"]["manifest"]}, withdrawal._resume_from(one, final, uploads_of(one, self.session)))

    def test_what_is_in_s3_is_not_called_unsaved(self):
        one = self.running()
        self.save("epoch_2.pt")
        self.assertIsNone(self.sequence(one, notice())["data"]["unsaved"])
        self.assertIsNone(one.state["unsaved"])

    def test_a_notice_hastens_it(self):
        one = self.running()
        self.finished(one)
        self.s3.fail = lambda method, path, query: 403 if "final.pt" in path else None
        completion.finish(one, self.session)
        completion.settle(one, self.session)
        self.s3.fail = lambda *_: None
        with mock.patch.object(daemon, "Session", lambda: self.session):
            watching = daemon.Guard()
            watching._supervisors[one.id] = supervisor.RunSupervisor(one, self.session, lambda: 1)
            watching._noticed(notice())
            support.eventually(lambda: not one.state["unsaved"])

    def test_an_older_upload_that_ends_later_is_not_called_the_newest(self):
        one = self.running()
        self.save("step_1.pt", age=5)
        uploads = uploads_of(one, self.session)
        uploads.checkpoints.watch.look(final=True)
        uploads.checkpoints.watch.cut_here(0.0)
        older = uploads.checkpoints.choose(uploads.store)
        gate = threading.Event()
        self.addCleanup(gate.set)
        self.s3.fail = lambda method, path, query: gate.wait(20) and None if method == "PUT" and path.endswith("step_1.pt") else None
        job = uploads.start(older.checkpoint, lambda: older.opened, Facts("periodic", False, 1.0))
        self.finished(one)
        completion.finish(one, self.session)
        gate.set()
        job.wait(10)
        self.assertIsNotNone(job.committed)
        self.assertEqual("final.pt", one.state["checkpoint"]["name"])


class Stops(Aftermath):
    def test_a_notice_during_a_stop_with_a_long_grace_counts_from_then_on(self):
        one = self.new_run("import signal\nsignal.signal(15, signal.SIG_IGN)\nopen('ready', 'w').close()\n"
                           "while True: signal.pause()", store=support.STORE)
        self.start_training(one)
        support.eventually(lambda: os.path.exists(os.path.join(one.state["project_dir"], "ready")))
        with mock.patch.object(daemon, "Session", lambda: self.session):
            watching = daemon.Guard()
            request(one, "manual", "manual", None, 3600.0)
            watching._tick()
            support.eventually(lambda: Journal(one).get("signal"))
            watching._noticed(notice(2.0))
            support.eventually(lambda: one.state["state"] == "stopped")
        kinds = [event["kind"] for event in one.events()]
        self.assertEqual(["TrainingSignalled", "InterruptionDetected", "InterruptionTime", "TrainingKilled", "TrainingStopped"], kinds)


class Snapshots(Aftermath):
    def damage(self, path):
        """In the middle of its data: the structure is whole, and the member's checksum is not."""
        with open(path, "r+b") as file:
            file.seek(os.path.getsize(path) // 2)
            file.write(b"damage")

    def rotated(self, spoil):
        """The checkpoint chosen after epoch_2 was copied at the notice, and gave way to an epoch_3 that is damaged."""
        uploads = uploads_of(self.running(), self.session)

        def saved(name, spoil=lambda path: None):
            path = self.save(name, os.urandom(3000).hex())
            spoil(path)
            uploads.checkpoints.watch.look(whole=True)
            uploads.checkpoints.watch.cut_here(0.0)
            return path
        saved("epoch_1.pt")
        path = saved("epoch_2.pt", spoil)
        taken = snapshot.Snapshot(Interruption(uploads._run, notice(60.0), 1), uploads)
        taken.begin()
        taken.wait(5)
        os.unlink(path)
        saved("epoch_3.pt", self.damage)
        chosen = uploads.checkpoints.choose(uploads.store)
        chosen.opened.close()
        return chosen.checkpoint.head, [file.path for file in chosen.checkpoint.part("save")]

    def test_a_damaged_checkpoint_that_was_copied_and_deleted_since_is_not_taken_for_good(self):
        self.assertEqual(("epoch_1.pt", ["epoch_1.pt"]), self.rotated(self.damage))

    def test_a_checkpoint_that_was_copied_and_deleted_since_has_its_own_head(self):
        self.assertEqual(("epoch_2.pt", ["epoch_2.pt"]), self.rotated(lambda path: None))

    def test_a_damaged_checkpoint_is_not_brought_to_s3_in_haste_and_taken_for_good_afterwards(self):
        one = self.running()
        self.save("epoch_1.pt", "old", 5)
        path = self.save("epoch_2.pt", os.urandom(3000).hex())
        self.damage(path)
        final = self.sequence(one, notice(60.0))
        self.assertEqual("epoch_1.pt", final["data"]["checkpoint"]["name"])
        self.assertFalse([key for key in self.s3.keys() if "epoch_2" in key])


    def test_the_signal_does_not_wait_for_a_choice_that_takes_long(self):
        self.begin_beside_a_long_choice()

    def test_among_many_files_it_does_not_either(self):
        with mock.patch.object(snapshot, "MANY_FILES", 0):
            self.begin_beside_a_long_choice()

    def begin_beside_a_long_choice(self):
        uploads, over = uploads_of(self.running(), self.session), threading.Event()
        self.save("last.pt", "good")
        taken = snapshot.Snapshot(Interruption(uploads._run, notice(60.0), 1), uploads)
        with mock.patch.object(uploads.checkpoints, "choose", side_effect=lambda *_, **__: over.wait(30) and None):
            taken.begin()
            try:
                self.assertTrue(taken.running())
            finally:
                over.set()
                taken.wait(30)


class Withdrawals(Aftermath):
    def setUp(self):
        super().setUp()
        self.run_it = self.running(policy={"grace_seconds": 1, "withdrawn_seconds": 0})

    def interrupted(self, act=lambda: None):
        one = self.run_it
        with self.after_the_copy(act):
            self.sequence(one, notice(0.1))
        self.s3.fail = lambda *_: None
        self.record = "/bucket/runs/runs/%s/run.json" % one.id
        self.s3.objects[self.record] = json.dumps({"schema": 1, "attempts": [{"number": 1, "nonce": "n", "state": "interrupted"}]}).encode()
        support.eventually(lambda: withdrawal._is_over(one))
        return one

    def resumed_from(self, one):
        withdrawal.Withdrawal(self.session).look([one])
        self.assertEqual(2, one.state["attempt"])
        return one.state["claim"].get("resume_from")

    def test_the_copy_takes_the_place_of_a_file_that_was_spoilt(self):
        path = self.save("last.pt", "good")
        with open(path, "rb") as file:
            good = file.read()
        self.s3.fail = lambda *_: 403
        one = self.interrupted(lambda: self.tear(path))
        self.assertEqual({"path": path, "files": ["last.pt"]}, self.resumed_from(one))
        with open(path, "rb") as file:
            self.assertEqual(good, file.read())
        self.assertTrue(any(".replaced-" in name for name in os.listdir(self.checkpoints)))

    def test_the_newest_on_the_disk_goes_before_an_older_one_in_s3(self):
        self.save("epoch_2.pt", "old", 5)

        def newer():
            self.save("epoch_3.pt", "new")
            self.s3.fail = lambda method, path, query: 403 if "epoch_3" in path else None
        one = self.interrupted(newer)
        self.assertEqual("epoch_2.pt", one.state["checkpoint"]["name"])
        self.assertEqual({"path": os.path.join(self.checkpoints, "epoch_3.pt"), "files": ["epoch_3.pt"]}, self.resumed_from(one))

    def test_an_outage_of_s3_is_told_once_and_waited_out(self):
        one = self.interrupted()
        one.update(record_pending=False)
        self.s3.fail = lambda *_: 403
        found = withdrawal.Withdrawal(self.session)
        for _ in range(2):
            found._due = 0.0
            found.look([one])
        self.assertEqual(["InterruptionWithdrawn", "Warning"], [event["kind"] for event in one.events()][-2:])
        # S3 is to have both.
        self.assertTrue(one.state["record_pending"])
        self.s3.fail = lambda *_: None
        self.resumed_from(one)

    def test_a_claim_a_killed_guard_has_won_is_used_by_the_next(self):
        one = self.interrupted()
        with mock.patch.object(withdrawal, "new_attempt", side_effect=Killed), self.assertRaises(Killed):
            withdrawal.Withdrawal(self.session).look([one])
        self.resumed_from(one)
        attempts = json.loads(self.s3.objects[self.record])["attempts"]
        self.assertEqual([1, 2], [attempt["number"] for attempt in attempts])
        self.assertEqual(attempts[-1]["nonce"], one.state["claim"]["nonce"])

    def claimed(self, one, **theirs):
        """By a resumer elsewhere, and the guard looks again."""
        self.s3.objects[self.record] = json.dumps({"schema": 1, "attempts": [
            {"number": 1, "nonce": "n", "state": "interrupted"},
            dict({"number": 2, "nonce": "other", "state": "claimed", "claimed_by": "them", "started": None}, **theirs)]}).encode()
        self.withdrawal._due = 0.0
        self.withdrawal.look([one])
        return one.state["attempt"], one.state.get("withdrawn")

    def test_who_lost_the_claim_leaves_the_run(self):
        one, self.withdrawal = self.interrupted(), withdrawal.Withdrawal(self.session)
        self.assertEqual((1, None), self.claimed(one))
        # What was told of it meanwhile belongs in S3 as well.
        self.assertTrue(one.state["record_pending"])
        self.assertEqual((1, True), self.claimed(one, state="running", started="2026-01-31T12:00:00Z"))

    def test_a_claim_that_is_given_up_has_the_training_start_again_here(self):
        one, self.withdrawal = self.interrupted(), withdrawal.Withdrawal(self.session)
        for _ in range(2):
            self.assertEqual((1, None), self.claimed(one))
        self.assertEqual(1, [event["data"].get("id") for event in one.events()].count("NotStartedAgain"))
        self.assertEqual((3, None), self.claimed(one, state="failed"))
        attempts = json.loads(self.s3.objects[self.record])["attempts"]
        self.assertEqual(("claimed", one.state["claim"]["nonce"]), (attempts[2]["state"], attempts[2]["nonce"]))
