import os
import threading
import time
import zipfile

import support
from runctl_guard.checkpoints.snapshots import clean, directory
from runctl_guard.checkpoints.uploads import uploads_of
from runctl_guard.interruption.interruption import Interruption
from runctl_guard.interruption.snapshot import Snapshot
from runctl_guard.interruption.triggers import Trigger
from runctl_guard.runs.journal import Journal

BASE = "saved/%s/checkpoints/" % os.uname().nodename


class PutAside(support.RootedTest):
    def setUp(self):
        super().setUp()
        self.start_s3()
        self.one = self.new_run(store=support.STORE)
        self.one.update(state="running", started_at=time.time() - 10)

    def save(self, name, text="weights", age=0.0):
        path = os.path.join(self.checkpoints, name)
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("data", text * 1000)
        os.utime(path, (time.time() - age,) * 2)
        return path

    def begin(self):
        from runctl_guard.aws.session import Session
        self.uploads = uploads_of(self.one, Session())
        one = Interruption(self.one, Trigger("interruption", "drill", deadline=time.monotonic() + 100), 1)
        taken = Snapshot(one, self.uploads)
        taken.begin()
        return taken

    def end(self, taken):
        taken.wait(20)
        self.assertFalse(taken.running())
        return taken

    def held_back(self):
        """S3 answers when this event is set."""
        release = threading.Event()
        self.addCleanup(release.set)
        self.s3.fail = lambda *_: release.wait(20) and None
        return release

    def test_the_copy_is_made_when_begin_returns_and_the_upload_goes_on(self):
        self.save("last.pt", "good")
        release = self.held_back()
        taken = self.begin()
        self.assertTrue(taken.running())
        self.save("last.pt", "later")
        release.set()
        self.end(taken)
        self.assertEqual("last.pt", taken.candidate.name)
        self.assertIn(b"good", self.s3.body(BASE + "last.pt"))

    def test_a_directory_that_changed_just_now_gives_way_to_the_one_before_it(self):
        for name, age in (("checkpoint-1", 9.0), ("checkpoint-2", 0.2)):
            os.mkdir(os.path.join(self.checkpoints, name))
            self.save(name + "/model.pt", age=age)
        self.assertEqual("checkpoint-1", self.end(self.begin()).candidate.name)

    def test_a_damaged_newest_one_gives_way_to_the_good_one_before_it(self):
        self.save("step_1.pt", age=5.0)
        damaged = self.save("step_2.pt")
        with open(damaged, "r+b") as file:
            file.seek(100)
            file.write(b"XXXX")
        self.assertEqual("step_1.pt", self.end(self.begin()).candidate.name)
        self.assertEqual([BASE + "step_1.pt", BASE + "step_1.pt.manifest.json"], self.s3.keys())
        self.assertEqual(1, len(os.listdir(directory(self.one))))

    def test_what_is_in_s3_already_needs_no_snapshot(self):
        self.save("step_1.pt")
        self.end(self.begin())
        self.s3.calls = []
        self.assertIsNone(self.end(self.begin_again()).candidate)
        self.assertEqual([], self.s3.calls)

    def begin_again(self):
        os.unlink(self.one.file("journal.jsonl"))
        clean(self.one)
        return self.begin()

    def test_a_successor_uses_the_copy_that_is_there(self):
        self.save("last.pt", "good")
        self.s3.fail = lambda *_: 403
        first = self.end(self.begin())
        inode = os.stat(first.source).st_ino
        self.save("last.pt", "later")
        self.s3.fail = lambda *_: None
        second = self.end(self.begin())
        self.assertEqual(inode, os.stat(second.source).st_ino)
        self.assertEqual(1, len([one for one in Journal(self.one).all("protect")]))
        self.assertIn(b"good", self.s3.body(BASE + "last.pt"))

    def test_an_upload_of_another_version_gives_way_to_it(self):
        from runctl_guard.checkpoints import selection
        from runctl_guard.aws.session import Session
        from runctl_guard.checkpoints.validation import validate
        self.save("step_1.pt", age=5.0)
        older = selection.of_attempt(self.one)[0]
        release = self.held_back()
        session = Session()
        job = uploads_of(self.one, session).start(older, "periodic", False, validate(older))
        self.save("step_2.pt")
        one = Interruption(self.one, Trigger("interruption", "drill", deadline=time.monotonic() + 100), 1)
        taken = Snapshot(one, uploads_of(self.one, session))
        taken.begin()
        support.eventually(lambda: taken.job)
        self.assertTrue(job.cancelled())
        release.set()
        self.end(taken)
        self.assertIn(BASE + "step_2.pt.manifest.json", self.s3.keys())

    def test_where_there_is_no_room_for_a_copy_the_original_is_uploaded(self):
        self.save("last.pt")
        from runctl_guard.interruption import snapshot
        before = snapshot.LARGEST_COPY
        snapshot.LARGEST_COPY = 10
        self.addCleanup(setattr, snapshot, "LARGEST_COPY", before)
        taken = self.end(self.begin())
        # Unless the file system copies by reference, which takes no room.
        if taken.source is None:
            self.assertEqual([], os.listdir(directory(self.one)))
        self.assertIn(BASE + "last.pt.manifest.json", self.s3.keys())
