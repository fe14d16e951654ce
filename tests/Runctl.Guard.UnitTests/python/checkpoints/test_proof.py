import functools
import io
import json
import os
import struct
import tempfile
import unittest
import zipfile

import support  # noqa: F401
from runctl_guard.checkpoints.opened import OpenedCheckpoint, Source, prove_all
from runctl_guard.checkpoints.proof import NotUsable, prove
from runctl_guard.checkpoints.sets import SAVE


def tensors(size=4000, data=b"w"):
    header = json.dumps({"w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    return struct.pack("<Q", len(header)) + header + data * size


def archive():
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as file:
        file.writestr("data", b"w" * 4000)
    return memory.getvalue()


class Levels(unittest.TestCase):
    def proven(self, data, kind):
        with tempfile.TemporaryFile() as file:
            file.write(data)
            file.flush()
            return prove(functools.partial(os.pread, file.fileno()), os.fstat(file.fileno()).st_size, kind).level

    def test_only_what_a_checksum_covers_is_proven_in_full(self):
        self.assertEqual("full", self.proven(archive(), "zip"))
        for data, kind in ((tensors(), "safetensors"), (b"{}", "json")):
            self.assertEqual("structure", self.proven(data, kind), kind)
        self.assertEqual("settled", self.proven(b"\x80\x04K\x01.", "pickle"))

    def test_safetensors_of_the_right_length_without_their_data_are_no_more_than_structure(self):
        # As a writer leaves them that makes room before it writes.
        self.assertEqual("structure", self.proven(tensors(data=b"\0"), "safetensors"))

    def test_safetensors_that_are_too_short_are_refused(self):
        with self.assertRaises(NotUsable):
            self.proven(tensors()[:-1], "safetensors")


class Cut(unittest.TestCase):
    """A file that a killed process had open for writing."""

    def wrong(self, data, kind):
        opened = OpenedCheckpoint(None)
        file = _File("model", len(data), SAVE)
        opened.sources["model"] = Source(file, "model", data, None)
        return prove_all(opened, lambda path: kind, lambda path: True, {"model"}, lambda: True)

    def test_what_is_proven_in_full_counts(self):
        self.assertEqual({}, self.wrong(archive(), "zip"))

    def test_structure_is_not_enough(self):
        for data in (tensors(), tensors(data=b"\0")):
            self.assertEqual({"model": "a process that was writing to it was killed"}, self.wrong(data, "safetensors"))


class _File:
    def __init__(self, path, size, part):
        self.path, self.size, self.part = path, size, part
