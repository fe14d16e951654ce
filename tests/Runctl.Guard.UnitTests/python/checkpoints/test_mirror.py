import os
import threading
import time
from unittest import mock

import support
from runctl_guard.aws.session import Session
from runctl_guard.checkpoints import mirror
from runctl_guard.checkpoints.mirror import Mirror
from runctl_guard.errors import GuardError
from runctl_guard.system import files, processes

SIZE = 20 << 20


class Mirroring(support.RootedTest):
    """The periodic upload beside a trainer that goes on with its files."""

    def setUp(self):
        super().setUp()
        self.start_s3()
        self.one = self.new_run(store=support.STORE, checkpoint={"dir": "checkpoints", "mirror": True, "patterns": []})
        self.one.update(state="running", started_at=time.time() - 10)
        self.mirror = Mirror(self.one, Session())

    def save(self, name="last.bin", size=SIZE):
        path = os.path.join(self.checkpoints, name)
        with open(path, "wb") as file:
            file.write(os.urandom(size))
        return path

    def look_until(self, condition):
        def look():
            self.mirror.look()
            return condition()
        support.eventually(look, 20)

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
        self.assertIsNone(self.mirror._job)

    def test_it_is_told_also_where_each_save_takes_the_place_of_the_one_before(self):
        path = self.save(size=1000)
        self.s3.fail = lambda method, *_: (os.path.exists(path) and os.unlink(path), 403)[1] if method == "PUT" else None
        for size in (1000, 2000):
            self.save(size=size)
            self.look_until(lambda: self.mirror._job)
            self.look_until(lambda: not self.mirror._job)
        self.assertEqual(["UploadFailed"], [event["data"]["id"] for event in self.told("Warning")])

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


class Verifying(support.RootedTest):
    def refused(self, command):
        with self.assertRaises(GuardError) as caught:
            mirror.verify(self.new_run(), command, "/x")
        self.assertEqual("VerifyFailed", caught.exception.id)
        return caught.exception.message

    def test_what_protects_the_guard_from_want_of_memory_does_not_protect_a_command_of_the_user_s(self):
        path, opened = os.path.join(self.root, "oom_score_adj"), open
        with open(path, "w") as file:
            file.write("-900")

        def elsewhere(name, *more, **named):
            return opened(path if name == "/proc/self/oom_score_adj" else name, *more, **named)
        # In the child, which the kernel asks before it becomes the user.
        with mock.patch("builtins.open", elsewhere):
            self.refused("exit 1;")
        with open(path) as file:
            # A file of /proc takes each write for the whole.
            self.assertEqual("-9000", file.read())

    def test_one_that_does_not_end_is_ended_with_what_it_has_started(self):
        path = os.path.join(self.root, "pid")
        with mock.patch.object(mirror, "VERIFY_SECONDS", 1.0):
            self.refused("sleep 600 & echo $! > %s; wait;" % path)
        with open(path) as file:
            pid = int(file.read())
        support.eventually(lambda: not processes.alive(processes.read(pid)))
