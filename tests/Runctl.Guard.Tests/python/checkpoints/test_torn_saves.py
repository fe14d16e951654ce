"""A save that is cut off in the middle, of a kind whose content says nothing of it."""
import os
import time

import live
import support
from runctl_guard.aws.session import Session
from runctl_guard.checkpoints import discovery, selection
from runctl_guard.checkpoints.uploads import uploads_of
from runctl_guard.guard import completion
from runctl_guard.interruption.sequence import Sequence
from runctl_guard.interruption.triggers import Trigger
from runctl_guard.runs.target import ProcessTarget
from runctl_guard.system import files

# One good checkpoint of some time ago, and another that is being saved.
BEGIN = """
import os, signal, time, zipfile
os.chdir("checkpoints")
def put(path, when=0.0):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    if path.endswith(".npz"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("data", "weights" * 1000)
    else:
        with open(path, "wb") as file:
            file.write(b"weights" * 1000)
    os.utime(path, (time.time() + when,) * 2)
def open_one(path):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    file = open(path, "ab")
    file.write(b"weig")
    file.flush()
    return file
"""
IGNORES = "\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)"
END = "\nprint('ready', flush=True)\nwhile True: signal.pause()\n"


class CutOff(live.LiveTest):
    def training(self, text):
        self.one = self.new_run(BEGIN + text + END, policy={"grace_seconds": 0.3})
        self.start_training(self.one)
        self.one.update(started_at=time.time() - 60)
        support.eventually(lambda: "ready" in self.log(self.one))

    def interrupted(self, text, ignores=IGNORES):
        """The name of what is picked."""
        self.training(text + ignores)
        final = Sequence(self.one, uploads_of(self.one, Session())).run(
            Trigger("interruption", "drill", "terminate", "2026-01-31T12:00:00Z", time.monotonic() + 60))
        return (final["data"]["checkpoint"] or {}).get("name")

    def died(self, text, before=lambda: None):
        """The name of what is picked after an ordinary end with a signal, as the kernel's for want of memory."""
        self.training(text)
        before()
        os.kill(self.one.training()["pid"], 9)
        support.eventually(self.one.exit)
        target = ProcessTarget(self.one)
        support.eventually(lambda: completion.ended(self.one, target))
        completion.finish(self.one, Session())
        return (self.one.last_event(("TrainingFailed",))["data"]["checkpoint"] or {}).get("name")

    def rejected(self):
        return [os.path.basename(event["data"]["path"]) for event in self.one.events()
                if event["kind"] == "CheckpointRejected"]

    def test_a_file_that_was_open_at_the_kill_gives_way(self):
        self.assertEqual("epoch_1.pt", self.interrupted(
            "put('epoch_1.pt', -9)\none = open_one('epoch_2.h5')\nother = open_one('epoch_3.pkl')"))
        self.assertEqual(["epoch_2.h5", "epoch_3.pkl"], sorted(self.rejected()))

    def test_it_is_not_taken_though_there_is_no_other(self):
        self.assertIsNone(self.interrupted("file = open_one('epoch_2.h5')"))

    def test_a_file_that_is_proven_whole_is_taken_all_the_same(self):
        self.assertEqual("epoch_2.npz", self.interrupted(
            "put('epoch_1.npz', -9)\nput('epoch_2.npz')\nfile = open('epoch_2.npz', 'ab')"))

    def test_a_file_that_was_closed_before_the_kill_is_taken(self):
        self.assertEqual("epoch_2.h5", self.interrupted("put('epoch_1.h5', -9)\nput('epoch_2.h5', -0.2)"))

    def test_a_directory_that_was_saved_in_part_gives_way(self):
        self.assertEqual("checkpoint-1", self.interrupted(
            "put('checkpoint-1/model.npz', -9)\nput('checkpoint-2/model.npz')\nfile = open_one('checkpoint-2/optimizer.h5')"))

    def test_a_log_held_open_in_a_directory_says_nothing_of_its_weights(self):
        self.assertEqual("checkpoint-2", self.interrupted(
            "put('checkpoint-1/model.npz', -30)\nput('checkpoint-2/model.npz', -9)\n"
            "logs = [open_one('checkpoint-2/' + name) for name in ('train.log', 'events.out.tfevents.1')]\n"
            "for log in logs: os.utime(log.name, (time.time() - 9,) * 2)"))
        self.assertEqual([], self.rejected())

    def test_a_directory_that_was_saved_in_part_is_taken_where_it_is_the_only_one(self):
        self.assertEqual("checkpoint-2", self.interrupted("put('checkpoint-2/model.npz')\nfile = open_one('checkpoint-2/optimizer.h5')"))

    def test_a_directory_between_two_of_its_files_gives_way_to_an_older_one(self):
        self.assertEqual("checkpoint-1", self.interrupted("put('checkpoint-1/model.npz', -9)\nput('checkpoint-1/optimizer.npz', -9)\nput('checkpoint-2/model.npz')"))
        self.assertEqual(["checkpoint-2"], self.rejected())

    def test_a_directory_that_has_all_that_the_older_one_has_is_taken(self):
        self.assertEqual("checkpoint-2", self.interrupted(
            "put('checkpoint-1/model.npz', -9)\nput('checkpoint-1/events.out.tfevents.1', -9)\nput('checkpoint-2/model.npz')"))
        self.assertEqual([], self.rejected())

    def test_one_with_a_smaller_file_is_not(self):
        self.assertEqual("checkpoint-1", self.interrupted(
            "put('checkpoint-1/model.npz', -9)\nput('checkpoint-1/optimizer.h5', -9)\nput('checkpoint-2/model.npz')\n"
            "open_one('checkpoint-2/optimizer.h5').close()"))

    def test_a_directory_between_two_of_its_files_is_taken_where_it_is_the_only_one(self):
        self.assertEqual("checkpoint-2", self.interrupted("put('checkpoint-2/model.npz')"))
        self.assertEqual([], self.rejected())

    def test_who_does_not_catch_the_signal_dies_of_it_in_mid_save(self):
        self.assertEqual("epoch_1.h5", self.interrupted("put('epoch_1.h5', -9)\nfile = open_one('epoch_2.h5')", ""))
        self.assertEqual(143, self.one.state["exit_code"])

    def test_a_worker_whom_a_launcher_passes_the_signal_on_to_dies_of_it_in_mid_save(self):
        self.assertEqual("epoch_1.h5", self.interrupted("""
put('epoch_1.h5', -9)
worker = os.fork()
if worker == 0:
    file = open_one('epoch_2.h5')
    time.sleep(60)
def told(*_):
    os.kill(worker, signal.SIGTERM)
    os._exit(1)
signal.signal(signal.SIGTERM, told)
time.sleep(0.5)""", ""))
        self.assertEqual(["epoch_2.h5"], self.rejected())

    def test_the_save_of_one_who_catches_it_is_taken_however_he_ends(self):
        self.assertEqual("epoch_2.h5", self.interrupted(
            "put('epoch_1.h5', -9)\nfile = open_one('epoch_2.h5')\ndef told(*_):\n    file.write(b'hts')\n    file.close()\n"
            "    signal.signal(15, signal.SIG_DFL)\n    os.kill(os.getpid(), 15)\nsignal.signal(15, told)", ""))

    def test_a_training_that_is_killed_by_the_kernel_leaves_the_one_before(self):
        self.assertEqual("epoch_1.h5", self.died("put('epoch_1.h5', -9)\nfile = open_one('epoch_2.h5')"))
        self.assertEqual(["epoch_2.h5"], self.rejected())

    def test_who_is_left_behind_and_killed_later_does_not_change_that(self):
        self.assertEqual("epoch_1.h5", self.died(
            "put('epoch_1.h5', -9)\nif os.fork() == 0:\n    time.sleep(60)\nfile = open_one('epoch_2.h5')"))
        self.assertEqual(["epoch_2.h5"], self.rejected())

    def test_what_is_in_s3_already_is_taken(self):
        def mirrored():
            for one in discovery.scan(self.checkpoints):
                files.append_line(self.one.file("committed.jsonl"), {"identity": one.identity, "name": one.name})
        self.assertEqual("epoch_2.h5", self.died("put('epoch_1.h5', -9)\nput('epoch_2.h5')", mirrored))
        self.assertEqual([], self.rejected())

    def test_what_it_saved_some_time_before_is_taken(self):
        self.assertEqual("epoch_2.h5", self.died("put('epoch_1.h5', -9)\nput('epoch_2.h5', -4)"))

    def began_with_another(self, text):
        """What is picked where the attempt had restored checkpoint-1, and ends with an exception."""
        self.one = self.new_run(BEGIN + "import time\ntime.sleep(0.5)\n" + text + "\nraise SystemExit(1)",
                                policy={"grace_seconds": 0.3})
        path = os.path.join(self.checkpoints, "checkpoint-1")
        for name in ("model.h5", "optimizer.h5"):
            os.makedirs(path, exist_ok=True)
            with open(os.path.join(path, name), "wb") as file:
                file.write(b"weights" * 1000)
            os.utime(os.path.join(path, name), (time.time() - 60,) * 2)
        restored, = discovery.scan(self.checkpoints)
        selection.note_leftovers(self.one)
        self.one.update(restored={"path": path, "identity": restored.identity})
        self.start_training(self.one)
        support.eventually(self.one.exit)
        target = ProcessTarget(self.one)
        support.eventually(lambda: completion.ended(self.one, target))
        completion.finish(self.one, Session())
        return self.one.last_event(("TrainingFailed",))["data"]["checkpoint"]["name"]

    def test_a_save_at_an_exception_does_not_give_way_to_what_the_attempt_began_with(self):
        self.assertEqual("checkpoint-2", self.began_with_another("put('checkpoint-2/model.h5')"))

    def test_one_that_the_kernel_may_have_cut_off_does(self):
        self.assertEqual("checkpoint-1", self.began_with_another(
            "put('checkpoint-2/model.h5')\nos.kill(os.getpid(), 9)"))

    def test_a_save_that_was_seen_to_be_cut_off_does(self):
        self.assertEqual("checkpoint-1", self.began_with_another(
            "if os.fork() == 0:\n    file = open_one('checkpoint-2/model.h5')\n    time.sleep(60)\ntime.sleep(0.2)"))

    def test_who_ends_with_an_exit_code_of_its_own_after_the_signal_has_saved(self):
        self.assertEqual("checkpoint-2", self.interrupted(
            "put('checkpoint-1/model.npz', -9)\nput('checkpoint-1/optimizer.npz', -9)\ndef told(*_):\n"
            "    put('checkpoint-2/model.npz')\n    os._exit(255)\nsignal.signal(15, told)", ""))

    def test_where_all_are_doubtful_what_was_only_late_goes_before_what_was_seen_to_be_cut_off(self):
        self.assertEqual("checkpoint-1", self.interrupted("put('checkpoint-1/shard.distcp')\nfile = open_one('checkpoint-2/shard.distcp')"))

    def test_the_last_try_decides_as_the_sequence_did(self):
        self.interrupted("put('epoch_1.h5', -9)\nfile = open_one('epoch_2.h5')")
        self.assertEqual("epoch_1.h5", completion._last_checkpoint(self.one, Session())["name"])
