import os
from unittest import mock

import support
from runctl_guard.service import guard_process, keeper
from runctl_guard.system import files, paths


class Kept(support.RootedTest):
    def test_a_second_keeper_leaves_at_once(self):
        path = os.path.join(paths.home(), "keeper.lock")
        with files.locked(path), mock.patch.object(keeper, "KEEPER_SECONDS", 0.1), \
                mock.patch.object(keeper, "detach") as detach:
            self.assertEqual(guard_process.LEFT, keeper.keep())
        detach.assert_not_called()
