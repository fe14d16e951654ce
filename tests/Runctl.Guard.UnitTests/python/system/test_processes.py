import unittest

import support  # noqa: F401
from runctl_guard.system.processes import Process, below_shells


class Shells(unittest.TestCase):
    """Process names are given here: these pids are not alive."""

    def chosen(self, *members):
        table = {pid: Process(pid, parent, 1, "S", name) for pid, parent, name in members}
        return [process.pid for process in below_shells(table)]

    BASE = 1 << 30

    def test_a_program_alone_is_signalled_itself(self):
        self.assertEqual([self.BASE], self.chosen((self.BASE, 1, "python3")))

    def test_a_shell_is_skipped_for_what_it_runs(self):
        self.assertEqual([self.BASE + 2], self.chosen((self.BASE, 1, "bash"), (self.BASE + 1, self.BASE, "sh"),
                                                      (self.BASE + 2, self.BASE + 1, "python3")))

    def test_data_loaders_below_the_program_are_left_alone(self):
        self.assertEqual([self.BASE], self.chosen((self.BASE, 1, "python3"), (self.BASE + 1, self.BASE, "python3")))

    def test_the_pipe_behind_a_training_is_not_broken(self):
        self.assertEqual([self.BASE + 1], self.chosen((self.BASE, 1, "bash"), (self.BASE + 1, self.BASE, "python3"),
                                                      (self.BASE + 2, self.BASE, "tee")))

    def test_a_shell_that_runs_nothing_is_signalled_itself(self):
        self.assertEqual([self.BASE], self.chosen((self.BASE, 1, "dash")))
