import os
import subprocess
from unittest import mock

import support
from runctl_guard.system import users


class Becoming(support.RootedTest):
    def test_what_protects_the_guard_from_want_of_memory_does_not_protect_what_it_starts_for_the_user(self):
        path, opened = os.path.join(self.root, "oom_score_adj"), open
        with open(path, "w") as file:
            file.write("-900")

        def elsewhere(name, *more, **named):
            return opened(path if name == "/proc/self/oom_score_adj" else name, *more, **named)
        # In the child, which the kernel asks before it becomes the user.
        with mock.patch("builtins.open", elsewhere):
            subprocess.run(["true"], check=True, preexec_fn=lambda: users.become(users.caller()))
        with open(path) as file:
            # A file of /proc takes each write for the whole.
            self.assertEqual("-9000", file.read())
