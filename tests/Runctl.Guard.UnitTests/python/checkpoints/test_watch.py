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
from runctl_guard.checkpoints import scan, watch
from runctl_guard.checkpoints.scan import Scanner
from runctl_guard.checkpoints.watch import CheckpointWatch
from runctl_guard.checkpoints.writers import open_for_writing


class Deep(Saved):
    def test_what_is_nested_too_deep_is_left_out_and_the_rest_is_saved(self):
        self.started()
        self.nest(os.path.join(self.checkpoints, "d"), 600)
        committed = self.save("epoch_1.pt")
        self.assertEqual(["epoch_1.pt"], [file["path"] for file in self.manifest(committed)["files"]])
        self.assertEqual({"/".join("d" * 64): "it is nested too deep"}, self.watch.unkept())

    def test_directories_that_lead_to_one_another_by_links_are_left_out_as_well(self):
        self.started()
        far = os.path.join(self.root, "far")
        for number in range(400):
            os.makedirs("%s/%d" % (far, number))
            os.symlink("%s/%d" % (far, number + 1), "%s/%d/n" % (far, number))
        os.symlink(far + "/0", os.path.join(self.checkpoints, "n"))
        self.save("epoch_1.pt")
        self.assertEqual({"/".join("n" * 64): "it is nested too deep"}, self.watch.unkept())

    def test_a_link_behind_a_long_chain_of_links_is_left_out(self):
        self.started()
        for number in range(1200):
            os.symlink("l%d" % (number + 1), os.path.join(self.checkpoints, "l%d" % number))
        self.write("l1200")
        self.save("epoch_1.pt")
        self.assertEqual("Too many levels of symbolic links", self.watch.unkept()["l0"])

    def test_a_path_longer_than_a_key_is_left_out(self):
        self.started()
        self.write("/".join(["x" * 250] * 4) + "/" + "y" * 30)
        committed = self.save("epoch_1.pt")
        self.assertEqual(["epoch_1.pt"], [file["path"] for file in self.manifest(committed)["files"]])
        self.assertEqual(["it is too long"], [reason.replace("its path", "it") for reason in self.watch.unkept().values()])


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

    def test_a_look_costs_at_most_three_times_what_it_costs_to_list_the_files(self):
        scanner = Scanner(self.directory(10000))
        scanner.scan()
        looks, peers = [], []
        for _ in range(7):
            looks.append(scanner.scan().seconds)
            began = time.thread_time()
            for _, _, _, folder in os.fwalk(scanner.directory):
                for entry in os.scandir(folder):
                    entry.stat(follow_symlinks=False)
            peers.append(time.thread_time() - began)
        print("a look at 10,000 files: %.1f ms of processor, to list them %.1f ms" % (min(looks) * 1000, min(peers) * 1000))
        self.assertLess(min(looks), 3 * min(peers))

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


class UnknownWriters(Saved):
    def test_a_whole_look_finds_a_writer_that_no_look_knew(self):
        self.started()
        self.write("epoch_1.pkl", data=b"\x80\x04whole.")
        self.watch.look(whole=True)
        self.begin_to_write("epoch_2.pkl", b"half")
        self.watch.look(whole=True)
        self.assertTrue(self.watch.seen.has_open())

    def test_a_writer_is_found_at_once_although_every_process_was_asked_for_a_log_just_before(self):
        self.started()
        self.write("train.log", data=b"step 1\n")
        self.assertTrue(self.watch.look())
        process = self.begin_to_write("epoch_1.pkl", b"\x80\x04half")
        self.watch._due = 0.0
        self.watch.look()
        process.stdin.write(b"more\n")
        process.stdin.flush()
        process.stdout.readline()
        self.watch._due = 0.0
        self.watch.look()
        # Grown, and not written again: that would end a save in the middle of its file.
        self.assertEqual((1, []), (self.watch.seen.number, self.watch.seen.saves))

    def test_what_changed_before_its_writers_were_asked_for_is_not_yet_closed(self):
        self.started()
        path = os.path.join(self.checkpoints, "epoch_1.pkl")
        self.write("epoch_1.pkl", data=b"\x80\x04half")

        def written_to_its_end(*_, **__):
            with open(path, "ab") as file:
                file.write(b"more")
            return {}
        with mock.patch.object(watch, "open_for_writing", written_to_its_end):
            self.watch.look(whole=True)
        self.watch.look(whole=True)
        self.assertEqual((1, []), (self.watch.seen.number, self.watch.seen.saves))

    def test_what_lost_its_end_at_the_kill_refuses_the_save_although_it_is_no_weight_file(self):
        self.started()
        self.save("checkpoint-1/model.pt")
        self.write("checkpoint-2/model.pt")
        process = self.begin_to_write("checkpoint-2/state.json", b'{"step": 2, "epo')
        self.watch.look(whole=True)
        process.kill()
        process.wait()
        self.watch.look(alive=False, killed=True, final=True)
        refused = []
        chosen = self.uploads.checkpoints.choose(self.store, refused.append)
        chosen.opened.close()
        self.assertEqual(("checkpoint-1", ["checkpoint-2/state.json"]), (chosen.checkpoint.head, [one.path for one in refused]))

    def begin_to_write(self, name, data):
        """A process that has the file open, and adds each line that it is given."""
        path = os.path.join(self.checkpoints, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        process = subprocess.Popen([sys.executable, "-c", "import sys\nfile = open(sys.argv[1], 'wb', buffering=0)\n"
                                    "file.write(bytes.fromhex(sys.argv[2]))\nprint(flush=True)\nfor line in sys.stdin.buffer:\n"
                                    "    file.write(line)\n    print(flush=True)", path, data.hex()],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for close in (process.stdin.close, process.stdout.close, process.wait, process.kill):
            self.addCleanup(close)
        process.stdout.readline()
        return process


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


