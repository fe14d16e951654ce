import os
import signal
import threading
import time
from unittest import mock

import support
from runctl_guard.aws.session import Session
from runctl_guard.checkpoints import completeness, saves, verification
from runctl_guard.checkpoints.manifest import Facts
from runctl_guard.checkpoints.mirror import Mirror
from runctl_guard.checkpoints.uploads import uploads_of
from runctl_guard.system import files, processes

SIZE = 20 << 20


def is_alive(pid):
    return processes.alive(processes.read(pid))


class Mirroring(support.RootedTest):
    """The periodic upload beside a trainer that goes on with its files."""

    def setUp(self):
        super().setUp()
        self.start_s3()
        self.one = self.new_run(store=support.STORE, checkpoint={"dir": "checkpoints", "mirror": True, "patterns": []})
        self.one.update(state="running", started_at=time.time() - 10)
        self.session = Session()
        self.mirror = Mirror(self.one, self.session)

    def save(self, name="last.bin", size=SIZE):
        path = os.path.join(self.checkpoints, name)
        with open(path, "wb") as file:
            file.write(os.urandom(size))
        return path

    def look_until(self, condition):
        def look():
            self.mirror.look()
            return condition()
        support.eventually(look)

    def uploaded(self, path):
        if not self.told("CheckpointUploaded"):
            return False
        with open(path, "rb") as file:
            return file.read() in self.s3.objects.values()

    def told(self, kind):
        return [event for event in self.one.events() if event["kind"] == kind]

    def in_the_middle(self, act):
        """Happens once, when the first of the checkpoint's bytes are on their way."""
        happened = threading.Lock()

        def fail(method, path, query):
            if method == "PUT" and happened.acquire(blocking=False):
                act()
        self.s3.fail = fail

    def test_a_checkpoint_overwritten_during_its_upload_gives_way_to_the_next_at_once(self):
        path = self.save()
        self.in_the_middle(self.save)
        self.look_until(lambda: self.uploaded(path))
        self.assertEqual([], self.told("Warning"))

    def test_an_upload_that_a_later_one_of_its_save_has_passed_commits_nothing(self):
        self.save("model_1.bin", 1000)
        uploads = uploads_of(self.one, self.session)
        support.eventually(lambda: uploads.checkpoints.watch.look() and uploads.checkpoints.watch.seen.saves)
        early, going = uploads.checkpoints.choose(uploads.store), threading.Event()
        self.addCleanup(going.set)
        slow = uploads.start(early.checkpoint, lambda: going.wait() and early.opened, Facts("periodic", False, 1.0))
        with open(os.path.join(self.checkpoints, "training_state.json"), "w") as file:
            file.write('{"epoch": 1}')
        uploads.checkpoints.watch.look(whole=True)
        late = uploads.checkpoints.choose(uploads.store)
        self.assertEqual((early.checkpoint.save.number, 2), (late.checkpoint.save.number, len(late.checkpoint.part("save", "current"))))
        last = uploads.start(late.checkpoint, lambda: late.opened, Facts("periodic", False, 1.0))
        self.assertTrue(last.wait(60))
        going.set()
        self.assertTrue(slow.wait(60))
        self.assertEqual((None, True, 2), (slow.committed, slow.cancelled(), last.committed["files"]))
        self.assertEqual(1, len([key for key in self.s3.keys() if key.endswith(".manifest.json")]))

    def test_a_save_without_what_the_two_before_had_is_uploaded_when_the_time_for_that_is_over(self):
        self.mirror.look()
        with mock.patch.object(saves, "PARTS_SHARE", 0.6):
            for number, names in ((1, ("epoch_1.bin", "last_1.bin")), (2, ("epoch_2.bin", "last_2.bin")), (3, ("last_3.bin",))):
                paths = [self.save(name, 1000) for name in names]
                self.look_until(lambda: self.seen().number == number and self.seen().current is None)
                if number == 3:
                    self.assertTrue(completeness.may_lack(self.seen(), self.seen().saves[-1]))
                self.look_until(lambda: len(self.told("CheckpointUploaded")) >= number and all(map(self.uploaded, paths)))

    def test_one_cut_short_during_its_upload_does_so_too(self):
        path = self.save()
        self.in_the_middle(lambda: os.truncate(path, 9 << 20))
        self.look_until(lambda: self.uploaded(path))
        self.assertEqual([], self.told("Warning"))

    def test_one_renamed_before_it_was_read_is_no_failure(self):
        first, second = self.save("last.bin"), os.path.join(self.checkpoints, "best.bin")
        self.s3.fail = lambda method, *_: os.path.exists(first) and os.rename(first, second) if method == "HEAD" else None
        self.look_until(lambda: self.uploaded(second))
        self.assertEqual([], self.told("Warning"))

    def test_an_upload_that_failed_is_told_once_and_tried_again_later(self):
        self.save(size=1000)
        self.s3.fail = lambda method, path, query: 403 if method == "PUT" else None
        self.look_until(lambda: self.told("Warning"))
        for _ in range(3):
            self.mirror.look()
        self.assertEqual(["UploadFailed"], [event["data"]["id"] for event in self.told("Warning")])
        self.assertEqual([], self.mirror._jobs)

    def test_it_is_told_also_where_each_save_takes_the_place_of_the_one_before(self):
        path = self.save(size=1000)
        self.s3.fail = lambda method, *_: (os.path.exists(path) and os.unlink(path), 403)[1] if method == "PUT" else None
        for size in (1000, 2000):
            self.save(size=size)
            self.look_until(lambda: self.mirror._jobs)
            self.look_until(lambda: not self.mirror._jobs)
        self.assertEqual(["UploadFailed"], [event["data"]["id"] for event in self.told("Warning")])

    def hanging_check(self, *names):
        """A check that hangs with these checkpoints; the file of the processes that hang."""
        hanging = os.path.join(self.root, "hanging")
        script = os.path.join(self.root, "check.sh")
        with open(script, "w") as file:
            file.write("case $1 in %s) sleep 1000 & echo $! >> %s; wait;; esac\n" % ("|".join("*" + name for name in names), hanging))
        files.write_json(self.one.file("spec.json"), dict(self.one.spec, checkpoint={
            "dir": "checkpoints", "mirror": True, "verify_command": "sh " + script}))
        return hanging

    def seen(self):
        return uploads_of(self.one, self.session).checkpoints.watch.seen

    def hangs(self, hanging):
        def look():
            self.mirror.look()
            return os.path.exists(hanging) and os.path.getsize(hanging)
        support.eventually(look)
        with open(hanging) as file:
            return [int(pid) for pid in file.read().split()]

    def test_a_newer_save_overtakes_one_whose_check_hangs_and_ends_that_check(self):
        hanging = self.hanging_check("model_1.bin")
        self.save("model_1.bin", 1000)
        [pid] = self.hangs(hanging)
        path = self.save("model_2.bin", 1000)
        self.look_until(lambda: self.uploaded(path))
        support.eventually(lambda: not is_alive(pid))
        self.look_until(lambda: not self.mirror._checks)
        self.assertEqual([], self.told("Warning"))

    def test_a_notice_does_not_wait_for_a_check_that_hangs(self):
        hanging = self.hanging_check("model_1.bin")
        self.save("model_1.bin", 1000)
        [pid] = self.hangs(hanging)
        self.addCleanup(os.kill, pid, signal.SIGKILL)
        uploads = uploads_of(self.one, self.session)
        self.assertEqual({}, uploads.running())
        chosen = uploads.checkpoints.choose(uploads.store)
        job = uploads.start(chosen.checkpoint, lambda: chosen.opened, Facts("interruption", True, 1.0))
        self.assertTrue(job.wait(20))
        self.assertIsNotNone(job.committed)

    def test_a_check_that_takes_too_long_refuses_its_save_with_all_that_it_started(self):
        hanging = self.hanging_check("model_1.bin")
        with mock.patch.object(verification, "VERIFY_SECONDS", 2.0):
            self.save("model_1.bin", 1000)
            [pid] = self.hangs(hanging)
            self.look_until(lambda: self.told("Warning"))
        self.assertEqual(["SaveRefused"], [event["data"]["id"] for event in self.told("Warning")])
        support.eventually(lambda: not is_alive(pid))

    def test_checks_are_few_at_a_time_and_the_warning_names_them(self):
        hanging = self.hanging_check("model_1.bin", "model_2.bin")
        for number in range(1, 6):
            self.save("model_%d.bin" % number, 1000)
            self.look_until(lambda: self.seen().number >= number and self.seen().current is None)
            if number <= 2:
                self.look_until(lambda: len(self.hangs(hanging)) == number)
        self.look_until(lambda: self.told("Warning"))
        for check in self.mirror._checks:
            self.addCleanup(check.give_up)
        self.assertEqual(2, len(self.mirror._checks))
        self.assertIn("verify_command", self.told("Warning")[0]["message"])

    def test_a_check_of_the_user_s_own_decides_before_the_upload(self):
        self.one.update(uid=None)
        files.write_json(self.one.file("spec.json"), dict(self.one.spec, checkpoint={
            "dir": "checkpoints", "mirror": True, "verify_command": "grep -q good"}))
        path = os.path.join(self.checkpoints, "model_1.bin")
        with open(path, "wb") as file:
            file.write(b"\x07\0\xff bad")
        self.look_until(lambda: self.told("Warning"))
        [warning] = self.told("Warning")
        self.assertEqual(("SaveRefused", path), (warning["data"]["id"], warning["data"]["path"]))
        self.assertEqual({}, self.s3.objects)
        with open(os.path.join(self.checkpoints, "model_2.bin"), "wb") as file:
            file.write(b"\x07\0\xff good")
        self.look_until(lambda: self.told("CheckpointUploaded"))
        self.assertTrue(self.told("CheckpointUploaded")[0]["data"]["uri"].endswith("model_2.bin"))
