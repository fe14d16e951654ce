import os
import subprocess
import tempfile
import unittest

import support  # noqa: F401
from runctl_guard.system import files


class Abandoned(unittest.TestCase):
    def test_what_a_killed_process_has_left_of_a_file_goes_and_that_of_a_living_one_stays(self):
        gone = subprocess.Popen(["true"])
        gone.wait()
        with tempfile.TemporaryDirectory() as folder:
            kept = ["state.json", "state.json.%d.140650850858640.tmp" % os.getpid(), "a.tmp", "last.pt.runctl-12.tmp"]
            for name in kept + ["state.json.%d.140650850858640.tmp" % gone.pid]:
                open(os.path.join(folder, name), "w").close()
            files.remove_abandoned(folder)
            self.assertEqual(sorted(kept), sorted(os.listdir(folder)))


if __name__ == "__main__":
    unittest.main()
