"""Looks at a real directory: what they cost, what they find out about writers, and what a link may lead to."""
import json
import mmap
import os
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

import support  # noqa: F401
from .saved import Saved
from runctl_guard.checkpoints import scan
from runctl_guard.checkpoints.scan import Scanner
from runctl_guard.checkpoints.watch import CheckpointWatch
from runctl_guard.checkpoints.writers import open_for_writing


class Costs(unittest.TestCase):
    def directory(self, count):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for number in range(count // 100):
            os.mkdir(os.path.join(folder.name, str(number)))
            for name in range(100):
                open(os.path.join(folder.name, str(number), "%d.bin" % name), "w").close()
        return folder.name

    def age_soon(self):
        """A file is old after a few looks."""
        patch = mock.patch.object(scan, "COLD_LOOKS", 2)
        patch.start()
        self.addCleanup(patch.stop)

    def test_ten_thousand_files_are_looked_at_every_five_seconds(self):
        scanner = Scanner(self.directory(10000))
        scanner.scan()
        hot = min(scanner.scan().seconds for _ in range(5))
        print("a look at 10,000 files: %.1f ms of processor" % (hot * 1000))
        self.assertLess(hot, 0.05)

    def test_old_files_are_looked_at_in_turns_and_changes_are_found(self):
        folder = self.directory(3000)
        scanner = Scanner(folder)
        self.age_soon()
        for _ in range(5):
            scanner.scan()
        with open(os.path.join(folder, "7", "3.bin"), "w") as file:
            file.write("changed")
        found = {path for _ in range(4) for path in scanner.scan().changed}
        self.assertEqual({"7/3.bin"}, found)

    def test_new_renamed_and_deleted_files_are_found_at_once(self):
        folder = self.directory(3000)
        scanner = Scanner(folder)
        self.age_soon()
        for _ in range(5):
            scanner.scan()
        os.rename(os.path.join(folder, "7", "3.bin"), os.path.join(folder, "7", "new.bin"))
        os.unlink(os.path.join(folder, "8", "3.bin"))
        found = scanner.scan()
        self.assertEqual(({"7/new.bin"}, {"7/3.bin", "8/3.bin"}), (set(found.changed), found.gone))


class Writers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "replay.npy")
        with open(self.path, "wb") as file:
            file.write(b"x" * mmap.PAGESIZE)
        stat = os.stat(self.path)
        self.inode = stat.st_dev, stat.st_ino

    def child(self, text):
        process = subprocess.Popen([sys.executable, "-c", "import mmap, os, sys, time\npath = sys.argv[1]\n" + text +
                                    "\nprint(flush=True)\ntime.sleep(60)", self.path], stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        process.stdout.readline()
        return process

    def test_a_descriptor_under_another_name_of_the_file(self):
        os.link(self.path, self.path + ".other")
        process = self.child("file = open(path + '.other', 'r+b')")
        self.assertEqual({self.inode: {process.pid}}, open_for_writing({self.inode}))

    def test_a_reader_is_no_writer(self):
        self.child("file = open(path, 'rb')")
        self.assertEqual({}, open_for_writing({self.inode}, maps=True))

    def test_a_shared_writable_mapping(self):
        process = self.child("file = open(path, 'r+b'); mapped = mmap.mmap(file.fileno(), 0); file.close()\n"
                             "os.close(mapped_fd) if False else None")
        # Python's mapping keeps a descriptor of its own; the mapping alone tells as well.
        self.assertEqual({self.inode: {process.pid}}, open_for_writing({self.inode}, maps=True))


class Links(Saved):
    def test_behind_a_link_only_what_the_attempt_wrote_belongs(self):
        outside = os.path.join(self.root, "datasets")
        os.mkdir(outside)
        with open(os.path.join(outside, "old.pt"), "wb") as file:
            file.write(b"PK\x03\x04")
        time.sleep(0.05)
        self.started()
        self.run_.update(started_at=time.time())
        self.watch = CheckpointWatch(self.run_)
        self.uploads.checkpoints.watch = self.watch
        self.watch.begin()
        time.sleep(0.05)
        os.symlink(outside, os.path.join(self.checkpoints, "data"))
        self.write("data/new.pt", "epoch_1.pt")
        self.look()
        self.assertEqual({"data/new.pt", "epoch_1.pt"}, {file["path"] for file in self.manifest(self.upload())["files"]})

    def test_links_kept_links(self):
        self.started()
        self.write("epoch_1.pt")
        os.symlink("epoch_1.pt", os.path.join(self.checkpoints, "last.pt"))
        os.symlink(os.path.join(self.checkpoints, "epoch_1.pt"), os.path.join(self.checkpoints, "best.pt"))
        self.look()
        links = {file["path"]: file.get("link") for file in self.manifest(self.upload())["files"]}
        self.assertEqual({"epoch_1.pt": None, "last.pt": "epoch_1.pt", "best.pt": "epoch_1.pt"}, links)


class WholeLooks(Saved):
    def test_a_whole_look_finds_a_writer_that_no_look_knew(self):
        self.started()
        self.write("epoch_1.pkl", data=b"\x80\x04whole.")
        self.watch.look(whole=True)
        path = os.path.join(self.checkpoints, "epoch_2.pkl")
        process = subprocess.Popen([sys.executable, "-c", "import sys, time\nfile = open(sys.argv[1], 'wb')\nfile.write(b'half')\n"
                                    "file.flush()\nprint(flush=True)\ntime.sleep(60)", path], stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        process.stdout.readline()
        self.watch.look(whole=True)
        self.assertTrue(self.watch.seen.has_open())


class WrittenDown(Saved):
    def test_a_successor_sees_what_was_seen(self):
        self.started()
        self.write("netG_1.pth")
        self.watch.look(whole=True)
        time.sleep(0.9)
        self.write("netD_1.pth")
        self.watch.look(whole=True)
        again = CheckpointWatch(self.run_)
        again.load()
        before, after = self.watch.seen.to_state(), again.seen.to_state()
        self.assertEqual(json.loads(json.dumps(before)), json.loads(json.dumps(after)))

    def test_another_attempt_begins_anew(self):
        self.started()
        self.save("epoch_1.pt")
        self.run_.update(attempt=2, started_at=time.time() + 5)
        again = CheckpointWatch(self.run_)
        again.look(whole=True)
        self.assertEqual("before", again.seen.files["epoch_1.pt"].origin)


