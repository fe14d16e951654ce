import errno
import os

import support
from runctl_guard.system import disk_reserve, files, paths


class FullDisk(support.RootedTest):
    def setUp(self):
        super().setUp()
        disk_reserve.hold()
        self.folder = os.path.join(paths.home(), "reserve")

    def test_what_was_set_aside_is_given_up_piece_by_piece(self):
        left = [3]

        def write():
            if left[0]:
                left[0] -= 1
                raise OSError(errno.ENOSPC, "full")
            return "written"
        self.assertEqual("written", disk_reserve.writing(write))
        self.assertEqual(disk_reserve.PIECES - 3, len(os.listdir(self.folder)))
        disk_reserve.hold()
        self.assertEqual(disk_reserve.PIECES, len(os.listdir(self.folder)))

    def test_when_nothing_is_left_the_error_is_told(self):
        def write():
            raise OSError(errno.ENOSPC, "full")
        with self.assertRaises(OSError):
            disk_reserve.writing(write)
        self.assertEqual([], os.listdir(self.folder))

    def test_another_error_costs_nothing(self):
        with self.assertRaises(OSError):
            files.write_json("/proc/nothing/here.json", {})
        self.assertEqual(disk_reserve.PIECES, len(os.listdir(self.folder)))
