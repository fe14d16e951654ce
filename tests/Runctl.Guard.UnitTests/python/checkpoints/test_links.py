"""Links and other things that a user puts where the guard reads and writes as root: the user's rights are what counts."""
import json
import os
import socket
import threading
import zipfile
from unittest import mock

import support
from .saved import Saved
from .test_notices import Told
from runctl_guard.checkpoints import restore
from runctl_guard.checkpoints.manifest import Facts
from runctl_guard.checkpoints.mirror import Mirror
from runctl_guard.checkpoints.notices import Notices
from runctl_guard.checkpoints.sets import SAVE, SetFile
from runctl_guard.errors import GuardError
from runctl_guard.system import waiting
from runctl_guard.system.user_files import Folder
from runctl_guard.system.users import find_user


class AnotherUser(support.OtherUserTest, Saved):
    def write(self, *names, data=None):
        super().write(*names, data=data)
        for name in names:
            os.chown(os.path.join(self.checkpoints, name), self.UID, self.UID)

    def manifest_of(self, *names):
        """One that another run left, of files with some content."""
        body = {"schema": 2, "run_id": "r", "attempt": 1, "name": names[0], "head": names[0], "kind": "file", "step": 5, "last_step": 6,
                "saved_at": "2026-01-31T12:00:00Z", "bytes": 7, "files": []}
        for name in names:
            self.s3.objects["/bucket/a/" + name] = b"weights"
            body["files"].append({"path": name, "key": "a/" + name, "size": 7, "crc32": support.crc_text(b"weights"),
                                  "class": "save"})
        self.s3.objects["/bucket/a/x.manifest.json"] = json.dumps(body).encode()
        return "s3://bucket/a/x.manifest.json"


class Uploads(AnotherUser):
    def test_a_link_to_a_file_of_roots_is_not_uploaded(self):
        self.started()
        os.symlink(self.secret("id_ed25519"), os.path.join(self.checkpoints, "epoch_99.pt"))
        body = self.manifest(self.save("epoch_1.pt"))
        self.assertFalse([key for key in self.s3.keys() if b"ROOT ONLY" in self.s3.body(key)])
        self.assertEqual(["epoch_1.pt"], [file["path"] for file in body["files"]])
        self.assertEqual({"epoch_99.pt": "Permission denied"}, self.watch.unkept())

    def test_a_link_in_a_checkpoint_is_left_out_and_told_of(self):
        run = self.started()
        os.mkdir(os.path.join(self.checkpoints, "step_5"))
        os.symlink(self.secret("shadow"), os.path.join(self.checkpoints, "step_5/optimizer.bin"))
        body = self.manifest(self.save("step_5/model.pt"))
        self.assertEqual(["step_5/model.pt"], [file["path"] for file in body["files"]])
        Notices(run).look_last(self.uploads)
        self.assertEqual([os.path.join(self.checkpoints, "step_5/optimizer.bin")],
                         [event["data"]["path"] for event in run.events() if event["data"].get("id") == "NotKept"])

    def test_a_file_of_roots_in_the_save_refuses_the_save(self):
        self.started()
        self.write("step_5/model.pt", "step_5/optimizer.pt")
        os.chown(os.path.join(self.checkpoints, "step_5/optimizer.pt"), 0, 0)
        os.chmod(os.path.join(self.checkpoints, "step_5/optimizer.pt"), 0o600)
        self.look()
        refused = []
        self.assertIsNone(self.uploads.checkpoints.choose(self.store, refused.append))
        self.assertEqual(["step_5/optimizer.pt of the checkpoint cannot be read: Permission denied"], [one.reason for one in refused])
        self.assertEqual([], self.left())

    def test_a_directory_of_roots_is_not_listed_through_a_link(self):
        self.started()
        folder = os.path.dirname(self.secret("hidden-name"))
        os.chmod(folder, 0o700)
        os.symlink(folder, os.path.join(self.checkpoints, "data"))
        self.watch.look(whole=True)
        self.assertEqual({"data": "Permission denied"}, self.watch.unkept())
        self.assertNotIn("data/hidden-name", self.watch.seen.files)

    def test_a_link_to_what_the_user_may_read_is_uploaded_as_before(self):
        self.started()
        self.write("epoch_3.pt")
        os.symlink("epoch_3.pt", os.path.join(self.checkpoints, "last.pt"))
        self.look()
        links = {file["path"]: file.get("link") for file in self.manifest(self.upload())["files"]}
        self.assertEqual({"epoch_3.pt": None, "last.pt": "epoch_3.pt"}, links)

    def test_a_checkpoint_directory_that_is_a_link_to_one_of_the_users_works_as_before(self):
        run = self.started()
        disk = os.path.join(self.root, "disk")
        os.mkdir(disk)
        os.chown(disk, self.UID, self.UID)
        os.rmdir(self.checkpoints)
        os.symlink(disk, self.checkpoints)
        committed = self.save("epoch_1.pt")
        self.assertEqual(["epoch_1.pt"], [file["path"] for file in self.manifest(committed)["files"]])
        os.unlink(os.path.join(disk, "epoch_1.pt"))
        restore.restore(self.session.s3(), committed["manifest"], self.checkpoints, find_user(None))
        self.assertEqual((["epoch_1.pt"], self.UID), (os.listdir(disk), os.stat(os.path.join(disk, "epoch_1.pt")).st_uid))


class Restores(AnotherUser):
    def restored(self, *names):
        return restore.restore(self.session.s3(), self.manifest_of(*names), self.checkpoints, find_user(None))

    def test_a_directory_of_roots_behind_the_checkpoint_directory_is_refused(self):
        self.started()
        of_root = os.path.dirname(self.secret())
        os.rmdir(self.checkpoints)
        os.symlink(of_root, self.checkpoints)
        with self.assertRaises(GuardError) as caught:
            self.restored("evil.sh")
        self.assertEqual(("DirectoryRefused", self.checkpoints), (caught.exception.id, caught.exception.target))
        self.assertEqual(["secret"], os.listdir(of_root))

    def test_a_link_on_the_way_is_refused_before_anything_is_fetched_or_moved(self):
        self.started()
        self.write("x.pt")
        of_root = os.path.dirname(self.secret())
        os.symlink(of_root, os.path.join(self.checkpoints, "sub"))
        with self.assertRaises(GuardError) as caught:
            self.restored("x.pt", "sub/evil.sh")
        # No damage of the checkpoint's: a resume must not pass it over for this.
        self.assertEqual("LinkInTheWay", caught.exception.id)
        self.assertEqual((["secret"], ["sub", "x.pt"]), (os.listdir(of_root), sorted(os.listdir(self.checkpoints))))

    def test_a_link_that_is_planted_while_it_fetches_is_not_written_through(self):
        self.started()
        of_root = os.path.dirname(self.secret())
        os.chmod(of_root, 0o777)
        create, one_by_one, below = Folder.create, threading.Lock(), os.path.join(self.checkpoints, restore.STAGING, "sub")

        def plant(folder, name):
            with one_by_one:
                made = create(folder, name)
                if not os.path.islink(below):
                    os.rename(below, os.path.join(self.checkpoints, "away"))
                    os.symlink(of_root, below)
                return made
        with mock.patch.object(Folder, "create", plant), self.assertRaises((GuardError, OSError)):
            self.restored("sub/a.pt", "sub/b.pt", "sub/c.pt")
        self.assertEqual(["secret"], os.listdir(of_root))

    def test_it_takes_the_place_of_a_link_and_not_of_its_target(self):
        self.started()
        secret = self.secret()
        os.symlink(secret, os.path.join(self.checkpoints, "last.pt"))
        moved = self.restored("last.pt")["moved"]
        with open(secret) as file:
            self.assertEqual("ROOT ONLY", file.read())
        self.assertEqual(secret, os.readlink(os.path.join(moved, "last.pt")))


class PutBack(AnotherUser):
    def test_a_planted_name_is_never_written_through(self):
        self.started()
        self.write("epoch_3.pt")
        self.look()
        version = self.watch.seen.files["epoch_3.pt"].version
        wanted = [SetFile("epoch_3.pt", version, 10, SAVE)]
        copies = self.uploads.checkpoints.copies
        self.assertTrue(copies.copy(wanted, self.checkpoints, find_user(None), True, lambda: False))
        secret = self.secret()
        for name in ("epoch_3.pt.tmp", "%d.%d.runctl-new" % (os.getpid(), threading.get_ident())):
            os.symlink(secret, os.path.join(self.checkpoints, name))
        copies.put_back(wanted)
        with open(secret) as file:
            self.assertEqual("ROOT ONLY", file.read())
        self.assertEqual(self.UID, os.lstat(os.path.join(self.checkpoints, "epoch_3.pt")).st_uid)

    def test_a_name_may_be_as_long_as_the_file_system_allows(self):
        self.started()
        name = "epoch_3" + "é" * 122 + ".pt"
        self.write(name)
        self.look()
        wanted = [SetFile(name, self.watch.seen.files[name].version, 10, SAVE)]
        copies = self.uploads.checkpoints.copies
        self.assertTrue(copies.copy(wanted, self.checkpoints, find_user(None), True, lambda: False))
        before = self.read(name)
        self.write(name)
        after = self.read(name)
        copies.put_back(wanted)
        aside = [other for other in os.listdir(self.checkpoints) if other != name]
        self.assertEqual([before, after], [self.read(name), self.read(*aside)])
        self.assertTrue(aside[0].startswith("epoch_3é") and aside[0].endswith(".tmp"))

    def read(self, name):
        with open(os.path.join(self.checkpoints, name), "rb") as file:
            return file.read()

    def test_a_directory_of_roots_is_not_written_to(self):
        self.started()
        self.write("sub/epoch_3.pt")
        self.look()
        wanted = [SetFile("sub/epoch_3.pt", self.watch.seen.files["sub/epoch_3.pt"].version, 10, SAVE)]
        copies = self.uploads.checkpoints.copies
        self.assertTrue(copies.copy(wanted, self.checkpoints, find_user(None), True, lambda: False))
        os.rename(os.path.join(self.checkpoints, "sub"), os.path.join(self.checkpoints, "other"))
        os.symlink(os.path.dirname(self.secret()), os.path.join(self.checkpoints, "sub"))
        with self.assertRaises(GuardError):
            copies.put_back(wanted)
        self.assertEqual(["secret"], os.listdir(os.path.dirname(self.secret())))


class Odd(Told):
    """What is in a checkpoint directory and is no file that can be read: each is told of once, with its path and the reason."""

    def odd(self):
        top = self.checkpoints
        os.mkfifo(os.path.join(top, "fifo"))
        os.symlink("/nowhere", os.path.join(top, "dangling"))
        os.symlink("loop", os.path.join(top, "loop"))
        os.symlink("/dev/null", os.path.join(top, "device"))
        os.symlink(".", os.path.join(top, "circle"))
        bound = socket.socket(socket.AF_UNIX)
        self.addCleanup(bound.close)
        bound.bind(os.path.join(top, "socket"))
        return {"fifo": "it is no file", "dangling": "the link leads to nothing", "loop": "Too many levels of symbolic links",
                "device": "it is no file", "socket": "it is no file"}

    def unkept(self):
        return {os.path.basename(one["path"]): one["reason"] for one in self.told() if one["id"] == "NotKept"}

    def test_after_the_first_save_each_is_warned_of_once(self):
        self.begin()
        self.write("epoch_1.pt")
        self.look()
        self.notices.look(self.uploads)
        odd = self.odd()
        self.later(1)
        self.assertEqual({}, self.unkept(), "it may be there for a moment only")
        self.later(15)
        self.later(15)
        Notices(self.run_).look(self.uploads)
        found = self.unkept()
        found.pop("circle", None)
        self.assertEqual(odd, found)
        self.assertEqual(len(odd), sum(one["id"] == "NotKept" for one in self.told()) - ("circle" in self.unkept()))

    def test_at_the_end_they_are_told_of_at_once(self):
        self.begin()
        odd = self.odd()
        self.watch.look(whole=True)
        self.notices.look_last(self.uploads)
        found = self.unkept()
        found.pop("circle", None)
        self.assertEqual(odd, found)

    def test_those_of_the_first_save_are_in_the_layout_with_their_reason(self):
        self.begin()
        self.write("epoch_1.pt")
        odd = self.odd()
        self.look()
        self.notices.look(self.uploads)
        self.later(15)
        [layout] = self.told("CheckpointLayout")
        told = {one["path"]: one["reason"] for one in layout["left_out"]}
        self.assertEqual(odd, {path: told.get(path) for path in odd})
        self.assertIn("dangling (the link leads to nothing)", self.run_.last_event(("CheckpointLayout",))["message"])
        self.assertEqual({}, self.unkept())

    def test_a_save_beside_them_is_kept(self):
        self.begin()
        self.odd()
        committed = self.save("epoch_1.pt")
        self.assertEqual(["epoch_1.pt"], [file["path"] for file in self.manifest(committed)["files"]
                                          if file["path"] == "epoch_1.pt"])

    def test_what_is_excluded_is_not_told_of(self):
        self.begin(exclude=["fifo"])
        os.mkfifo(os.path.join(self.checkpoints, "fifo"))
        os.symlink("/nowhere", os.path.join(self.checkpoints, "x.tmp"))
        self.later(1)
        self.later(15)
        self.assertEqual({}, self.unkept())

    def test_a_fifo_that_takes_the_place_of_a_file_is_not_waited_for(self):
        self.begin()
        self.write("epoch_1.pt")
        self.look()
        chosen = self.uploads.checkpoints.choose(self.store)
        chosen.opened.close()
        path = os.path.join(self.checkpoints, "epoch_1.pt")
        os.unlink(path)
        os.mkfifo(path)
        with self.assertRaises(GuardError) as caught:
            self.uploads.checkpoints.open(chosen.checkpoint, self.store)
        self.assertEqual(("CheckpointUnreadable", "epoch_1.pt"), (caught.exception.id, caught.exception.target))
        self.assertIn("it is no file", caught.exception.message)


class Unreadable(AnotherUser):
    def test_a_file_that_the_user_may_not_read_is_named_with_the_reason(self):
        run = self.started()
        mirror = Mirror(run, self.session)
        self.write("epoch_1.pt")
        os.chown(os.path.join(self.checkpoints, "epoch_1.pt"), 0, 0)
        os.chmod(os.path.join(self.checkpoints, "epoch_1.pt"), 0o600)
        self.watch.look(whole=True)
        self.assertEqual({"epoch_1.pt": "Permission denied"}, self.watch.unkept())
        Notices(run).look_last(self.uploads)
        [warning] = [event for event in run.events() if event["kind"] == "Warning"]
        self.assertEqual("%s is not kept with the checkpoints: Permission denied." % os.path.join(self.checkpoints, "epoch_1.pt"),
                         warning["message"])


class Hanging(Told):
    """A file whose content does not come, as on a file server that is gone. A read of it blocks until the test ends."""

    def setUp(self):
        super().setUp()
        self.gate = threading.Event()
        # Before the threads of the run are waited for.
        self.addCleanup(self.gate.set)
        self.hanging, self.waiting = set(), set()
        pread = os.pread

        def read(descriptor, *more):
            if os.path.basename(os.readlink("/proc/self/fd/%d" % descriptor)) in self.hanging:
                self.waiting.add(descriptor)
                self.gate.wait(60)
            return pread(descriptor, *more)
        for patch in (mock.patch("os.pread", read), mock.patch.object(waiting, "PATIENCE_SECONDS", 0.5)):
            patch.start()
            self.addCleanup(patch.stop)

    def chosen(self):
        refused = []
        chosen = self.uploads.checkpoints.choose(self.store, refused.append)
        return chosen and chosen.checkpoint.head, [(one.path, one.reason) for one in refused]

    def test_a_file_that_hangs_at_a_look_is_told_of_and_the_others_are_seen(self):
        self.begin()
        self.hanging.add("epoch_1.pt")
        self.write("epoch_1.pt")
        self.write("epoch_2.pt")
        self.watch.look(whole=True)
        self.assertEqual({"epoch_1.pt": "it does not answer"}, self.watch.unkept())
        self.assertEqual("zip", self.watch.seen.files["epoch_2.pt"].kind)
        self.notices.look_last(self.uploads)
        self.assertEqual([os.path.join(self.checkpoints, "epoch_1.pt")], [one["path"] for one in self.told()])
        self.gate.set()
        support.eventually(lambda: self.watch.look(whole=True) and not self.watch.unkept())

    def test_a_save_that_hangs_when_it_is_proven_gives_way_to_the_one_before(self):
        self.begin()
        self.write("epoch_1.pt")
        self.look()
        with zipfile.ZipFile(os.path.join(self.checkpoints, "epoch_2.pt"), "w") as file:
            file.writestr("data", os.urandom(400000))
        self.look()
        self.hanging.add("epoch_2.pt")
        head, refused = self.chosen()
        self.assertEqual(("epoch_1.pt", [("epoch_2.pt", "it does not answer")]), (head, refused))

    def test_looks_and_a_signal_do_not_wait_for_a_choice_that_a_pointer_holds_up(self):
        self.begin()
        self.assertLeavesTheLock(lambda: self.uploads.checkpoints.choose(self.store).opened.close())

    def test_they_do_not_wait_for_the_layout_that_a_pointer_holds_up(self):
        self.begin()
        self.assertLeavesTheLock(lambda: self.notices.look(self.uploads))

    def assertLeavesTheLock(self, act):
        """The lock that a look and the cut at the signal take, while a pointer is read that does not answer."""
        self.write("epoch_1.pt")
        self.write("latest", data=b"epoch_1.pt")
        self.look()
        self.hanging.add("latest")
        with mock.patch.object(waiting, "PATIENCE_SECONDS", 60.0):
            thread = threading.Thread(target=act)
            thread.start()
            support.eventually(lambda: self.waiting)
            self.assertTrue(self.watch.lock.acquire(timeout=5), "the lock is held")
            self.watch.lock.release()
            self.gate.set()
            thread.join(20)
        self.assertFalse(thread.is_alive())

    def test_a_file_beside_the_save_that_hangs_is_listed_as_missing(self):
        self.begin()
        self.write("args.json", data=b"{}" + b" " * 100000)
        self.write("epoch_1.pt")
        self.look()
        self.hanging.add("args.json")
        body = self.manifest(self.save("epoch_2.pt"))
        self.assertEqual((["epoch_2.pt"], [("args.json", "it does not answer")]),
                         ([file["path"] for file in body["files"]], [(one["path"], one["reason"]) for one in body["missing"]]))

    def test_an_upload_that_hangs_ends_and_names_the_file(self):
        self.begin()
        self.write("epoch_1.bin", data=os.urandom(200000))
        self.look()
        chosen = self.uploads.checkpoints.choose(self.store)
        self.hanging.add("epoch_1.bin")
        job = self.uploads.start(chosen.checkpoint, lambda: chosen.opened, Facts("periodic", False, 1.0))
        self.assertTrue(job.wait(20))
        self.assertEqual("CheckpointUnreadable", job.error.id)
        self.assertIn(os.path.join(self.checkpoints, "epoch_1.bin"), job.error.message)
        self.gate.set()
        self.assertEqual([], [key for key in self.left() if key.endswith(".manifest.json")], "it commits no more")

    def test_an_upload_that_hangs_does_not_hold_up_the_next_save(self):
        run = self.started(mirror=True)
        mirror = Mirror(run, self.session)
        self.write("epoch_1.bin", data=os.urandom(200000))
        self.hang_when_sent("epoch_1.bin")
        self.mirrored(mirror, lambda: self.uploads.running())
        self.write("epoch_2.bin", data=os.urandom(200000))
        self.mirrored(mirror, lambda: "epoch_2.bin.manifest.json" in self.left())
        refused = [event["data"]["path"] for event in run.events() if event["data"].get("id") == "SaveRefused"]
        self.assertEqual([os.path.join(self.checkpoints, "epoch_1.bin")], refused)

    def hang_when_sent(self, name):
        """From the moment on that the upload has opened it."""
        start = self.uploads.start

        def hang(*arguments, **named):
            self.hanging.add(name)
            return start(*arguments, **named)
        patch = mock.patch.object(self.uploads, "start", hang)
        patch.start()
        self.addCleanup(patch.stop)

    def mirrored(self, mirror, condition):
        def look():
            self.watch._due = 0.0
            self.watch._offset += 2.0
            mirror.look()
            return condition()
        support.eventually(look)
