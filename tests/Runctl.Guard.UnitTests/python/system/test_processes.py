import os
import signal
import unittest

import support  # noqa: F401
from runctl_guard.system import processes


class Signals(unittest.TestCase):
    def test_masks_are_those_of_the_kernel(self):
        before = signal.signal(signal.SIGUSR2, lambda *_: None)
        self.addCleanup(signal.signal, signal.SIGUSR2, before)
        found = processes.signals(os.getpid())
        self.assertTrue(found.caught >> signal.SIGUSR2 - 1 & 1)
        self.assertFalse(found.caught >> signal.SIGKILL - 1 & 1)
        self.assertGreater(found.inner, 0)

    def test_of_a_process_that_is_gone_nothing_is_known(self):
        self.assertEqual(processes.Signals(), processes.signals(1 << 30))


class Descriptors(unittest.TestCase):
    def test_what_is_open_for_reading_is_not_written(self):
        with open(__file__) as file:
            number = str(file.fileno())
            self.assertEqual(os.path.realpath(__file__), processes.descriptors(os.getpid())[number])
            self.assertFalse(processes.is_writing(os.getpid(), number))
        with open(os.devnull, "w") as file:
            self.assertTrue(processes.is_writing(os.getpid(), str(file.fileno())))
