import os
import shutil
import tempfile
import time
import unittest

import support  # noqa: F401
from runctl_guard.checkpoints.discovery import scan
from runctl_guard.checkpoints.save_times import SaveTimes


class HowLongASaveTakes(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="runctl-guard-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.saves = SaveTimes()

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, data, later=0.0):
        """As if it was written so many seconds from now."""
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "ab") as file:
            file.write(data)
        os.utime(self.path(name), (time.time() + later,) * 2)

    def taken(self):
        seconds = self.saves.taken(scan(self.folder)[0])
        return None if seconds is None else round(seconds)

    def test_a_file_written_under_a_temporary_name_and_renamed(self):
        self.write("last.pt.tmp", b"x")
        self.saves.look(self.folder)
        self.write("last.pt.tmp", b"x", 7)
        self.saves.look(self.folder)
        os.rename(self.path("last.pt.tmp"), self.path("last.pt"))
        self.saves.look(self.folder)
        self.assertEqual(7, self.taken())

    def test_a_file_overwritten_in_its_place_is_timed_from_the_change(self):
        self.write("last.pt", b"x", -100)
        self.saves.look(self.folder)
        self.assertIsNone(self.taken())
        self.write("last.pt", b"xx", 1)
        self.saves.look(self.folder)
        self.write("last.pt", b"xx", 9)
        self.assertEqual(9, self.taken())

    def test_a_directory_filled_before_its_rename(self):
        self.write("tmp-checkpoint-5/model.pt", b"x")
        self.saves.look(self.folder)
        self.write("tmp-checkpoint-5/optimizer.pt", b"x", 12)
        os.rename(self.path("tmp-checkpoint-5"), self.path("checkpoint-5"))
        self.saves.look(self.folder)
        self.assertEqual(12, self.taken())

    def test_what_was_there_at_the_first_look_and_what_is_quick_teaches_nothing(self):
        self.write("old.pt", b"x", -50)
        self.saves.look(self.folder)
        self.assertIsNone(self.taken())
        self.write("old.pt", b"x", 0.2)
        self.saves.look(self.folder)
        self.assertIsNone(self.taken())
