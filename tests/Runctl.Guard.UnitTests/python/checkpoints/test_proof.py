import functools
import io
import json
import os
import struct
import tempfile
import unittest
import zipfile
from unittest import mock

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


class Proving(unittest.TestCase):
    def proven(self, data, kind):
        with tempfile.TemporaryFile() as file:
            file.write(data)
            file.flush()
            return prove(functools.partial(os.pread, file.fileno()), os.fstat(file.fileno()).st_size, kind).level


class Levels(Proving):
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


def array(header, data=b"", version=b"\x01\x00"):
    text = header if isinstance(header, bytes) else header.encode()
    return b"\x93NUMPY" + version + struct.pack("<H" if version[0] == 1 else "<I", len(text)) + text + data


class Arrays(Proving):
    """Files of numpy, by what their header says of their size."""

    GOOD = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }          \n"

    def test_the_size_follows_from_type_and_shape(self):
        for header, size in ((self.GOOD, 48), (self.GOOD.replace("(3, 4)", "(12,)"), 48), (self.GOOD.replace("(3, 4)", "()"), 4),
                             (self.GOOD.replace("(3, 4)", "(3L, 4L)"), 48), (self.GOOD.replace("'", '"'), 48), (self.GOOD.replace("<f4", "|u1"), 12)):
            for version in (b"\x01\x00", b"\x02\x00"):
                with self.subTest(header):
                    self.assertEqual("structure", self.proven(array(header, b"w" * size, version), "npy"))
                    with self.assertRaises(NotUsable):
                        self.proven(array(header, b"w" * (size - 1), version), "npy")

    def test_of_records_texts_and_objects_nothing_is_known(self):
        for kind in ("'|O'", "'<U5'", "[('a', '<f4'), ('b', '<i8')]"):
            self.assertEqual("settled", self.proven(array(self.GOOD.replace("'<f4'", kind)), "npy"), kind)

    def test_a_torn_header_is_refused(self):
        for torn in (array(self.GOOD)[:40], array(""), array("x")):
            with self.assertRaises(NotUsable):
                self.proven(torn, "npy")

    def test_a_header_is_never_evaluated(self):
        # Each of these ends a Python below 3.11 when it is.
        for bomb in ("1+" * 200000 + "1", "a" + "()" * 300000, "a" + ".b" * 300000, "-" * 1000000 + "1"):
            header = "{'descr': %s}" % bomb
            with mock.patch("builtins.compile", side_effect=AssertionError("it was evaluated")):
                self.assertEqual("settled", self.proven(array(header, version=b"\x02\x00"), "npy"))


class Bombs(Proving):
    def test_members_that_unpack_to_many_times_the_archive_are_not_read(self):
        memory = io.BytesIO()
        with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("data", bytes(64 << 20))
        read = []
        with mock.patch.object(zipfile.ZipExtFile, "read", lambda *_: read.append(1)):
            self.assertEqual("structure", self.proven(memory.getvalue(), "zip"))
        self.assertEqual([], read)


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
