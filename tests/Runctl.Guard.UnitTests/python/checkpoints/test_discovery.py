import json
import os
import shutil
import struct
import tempfile
import unittest
import zipfile

import support  # noqa: F401
from runctl_guard.checkpoints import discovery
from runctl_guard.checkpoints.discovery import newest_first, scan, step_goes_back, step_in
from runctl_guard.checkpoints.validation import NotUsable, validate


class InDirectory(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="runctl-guard-")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, data=b"x", at=1000.0):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "wb") as file:
            file.write(data)
        os.utime(self.path(name), (at, at))

    def zip(self, name, at=1000.0, **members):
        with zipfile.ZipFile(self.path(name), "w") as archive:
            for member, data in members.items():
                archive.writestr(member, data)
        os.utime(self.path(name), (at, at))

    def candidate(self, name):
        return next(one for one in scan(self.folder) if one.name == name)

    def reason(self, name):
        with self.assertRaises(NotUsable) as caught:
            validate(self.candidate(name))
        return str(caught.exception)


class NewestGood(InDirectory):
    def names(self, since=0.0, restored=None, patterns=()):
        return [one.name for one in newest_first(scan(self.folder, patterns), since, restored)]

    def test_the_time_of_save_decides_before_the_step(self):
        self.write("epoch_9.pt", at=2000)
        self.write("epoch_10.pt", at=1000)
        self.assertEqual(["epoch_9.pt", "epoch_10.pt"], self.names())

    def test_of_one_time_the_higher_step_is_newer(self):
        self.write("epoch_9.pt")
        self.write("epoch_10.pt")
        self.assertEqual("epoch_10.pt", self.names()[0])

    def test_a_step_that_goes_backwards_is_noticed(self):
        self.write("epoch_9.pt", at=2000)
        self.write("epoch_10.pt", at=1000)
        self.assertTrue(step_goes_back(newest_first(scan(self.folder), 0.0)))

    def test_what_was_there_before_the_attempt_is_a_strangers(self):
        self.write("old.pt", at=1000)
        self.write("new.pt", at=3000)
        self.assertEqual(["new.pt"], self.names(since=2000.0))

    def test_what_the_attempt_restored_counts(self):
        self.write("old.pt", at=1000)
        self.assertEqual(["old.pt"], self.names(2000.0, {"identity": self.candidate("old.pt").identity}))

    def test_logs_temporary_files_and_hidden_files_are_no_checkpoints(self):
        for name in ("train.log", "metrics.csv", ".hidden.pt", "epoch_3.pt.tmp", "epoch_3.pt~", "last.pt.part",
                     "epoch_1.pt.replaced-17"):
            self.write(name)
        self.assertEqual([], self.names())

    def test_weights_go_before_a_json_that_is_newer(self):
        self.write("epoch_1.pt", at=1000)
        self.write("state.json", b"{}", at=2000)
        self.assertEqual(["epoch_1.pt"], self.names())

    def test_a_json_alone_is_a_checkpoint(self):
        self.write("state.json", b"{}")
        self.assertEqual(["state.json"], self.names())

    def test_patterns_decide_alone_where_given(self):
        self.write("a.pt", at=1000)
        self.write("b.txt", at=2000)
        self.assertEqual(["b.txt"], self.names(patterns=["*.txt"]))

    def test_a_directory_without_weights_is_no_checkpoint(self):
        self.write("tb_logs/events.out", b"x")
        self.write("checkpoint-500/model.safetensors", b"x")
        self.assertEqual(["checkpoint-500"], self.names())

    def test_any_change_inside_a_directory_changes_its_identity(self):
        self.write("checkpoint-5/a.pt", b"one")
        before = self.candidate("checkpoint-5").identity
        self.write("checkpoint-5/b.pt", b"two")
        self.assertNotEqual(before, self.candidate("checkpoint-5").identity)

    def test_a_file_still_growing_is_not_the_version_that_was_seen(self):
        self.write("last.ckpt", b"half")
        seen = self.candidate("last.ckpt")
        self.write("last.ckpt", b"half and more", at=1001)
        self.assertNotEqual(seen.identity, discovery.again(seen).identity)

    def test_steps_are_read_from_usual_names(self):
        for name, step in (("epoch_10.pt", 10), ("checkpoint-500", 500), ("step=7.ckpt", 7), ("last.ckpt", None),
                           ("epoch=3-step=1200.ckpt", 1200), ("loss-0.25.pt", None)):
            self.assertEqual(step, step_in(name), name)


class Structure(InDirectory):
    def test_a_zip_is_read_to_its_end(self):
        self.zip("a.pt", data=b"weights" * 1000)
        self.assertEqual(("zip", "full"), validate(self.candidate("a.pt"))[:2])

    def test_a_corrupt_member_is_found_although_all_are_listed(self):
        self.zip("a.pt", first=b"a" * 5000, second=b"b" * 5000)
        with open(self.path("a.pt"), "r+b") as file:
            file.seek(3000)
            file.write(b"\xff" * 8)
        self.assertIn("CRC", self.reason("a.pt"))

    def test_a_truncated_zip_is_rejected(self):
        self.zip("a.npz", data=b"weights" * 1000)
        os.truncate(self.path("a.npz"), 2000)
        self.reason("a.npz")

    def test_without_time_the_manifest_will_say_that_members_were_not_read(self):
        self.zip("a.pt", data=b"weights" * 1000)
        found = validate(self.candidate("a.pt"), lambda: False)
        self.assertEqual("structure", found.level)
        self.assertIn("time", found.detail)

    def test_an_empty_file_and_one_of_zeros_are_rejected(self):
        self.write("empty.pt", b"")
        self.write("zeros.pt", b"\0" * 100)
        self.assertIn("empty", self.reason("empty.pt"))
        self.assertIn("zeros", self.reason("zeros.pt"))

    def test_an_unknown_kind_is_good_when_settled(self):
        self.write("model.dat", b"anything")
        self.assertEqual(("unknown", "settled"), validate(self.candidate("model.dat"))[:2])

    def safetensors(self, name, extra=b"", end=8):
        header = json.dumps({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, end]}}).encode()
        self.write(name, struct.pack("<Q", len(header)) + header + b"\0" * 8 + extra)

    def test_safetensors_have_exactly_the_bytes_their_header_says(self):
        self.safetensors("good.safetensors")
        self.safetensors("long.safetensors", extra=b"\0")
        self.safetensors("short.safetensors", end=16)
        self.assertEqual(("safetensors", "full"), validate(self.candidate("good.safetensors"))[:2])
        self.reason("long.safetensors")
        self.reason("short.safetensors")

    def test_a_safetensors_header_that_is_no_object_is_rejected(self):
        self.write("a.safetensors", struct.pack("<Q", 2) + b"[]")
        self.reason("a.safetensors")

    def test_json_has_to_be_whole(self):
        self.write("good.json", b'{"step": 3}')
        self.write("half.json", b'{"step": ')
        self.assertEqual("json", validate(self.candidate("good.json")).format)
        self.reason("half.json")

    def test_a_directory_needs_every_shard_its_index_names(self):
        self.write("c-1/model.safetensors.index.json", json.dumps({"weight_map": {"a": "one.bin", "b": "two.bin"}}).encode())
        self.write("c-1/one.bin", b"x")
        self.assertIn("two.bin", self.reason("c-1"))
        self.write("c-1/two.bin", b"y")
        self.assertEqual("directory", validate(self.candidate("c-1")).format)

    def test_a_damaged_file_spoils_its_directory(self):
        self.write("c-2/optimizer.pt", b"x")
        self.zip("c-2/model.pt", data=b"weights" * 1000)
        os.truncate(self.path("c-2/model.pt"), 1000)
        self.assertIn("model.pt", self.reason("c-2"))
