"""How soon threads get the interpreter, and when garbage is looked for."""
import gc
import sys
import unittest
from unittest import mock

from runctl_guard.system import interpreter


class Threads(unittest.TestCase):
    def setUp(self):
        self.addCleanup(sys.setswitchinterval, sys.getswitchinterval())
        self.addCleanup(gc.set_threshold, *gc.get_threshold())
        interpreter.prepare()

    def test_a_hurry_ends_with_the_last_one_that_hurries(self):
        with interpreter.hurried():
            with interpreter.hurried():
                self.assertAlmostEqual(interpreter.HURRIED_SECONDS, sys.getswitchinterval(), 6)
            self.assertAlmostEqual(interpreter.HURRIED_SECONDS, sys.getswitchinterval(), 6)
        self.assertAlmostEqual(interpreter.SWITCH_SECONDS, sys.getswitchinterval(), 6)

    def test_a_hurry_ends_with_an_error_too(self):
        with self.assertRaises(KeyError), interpreter.hurried():
            raise KeyError()
        self.assertAlmostEqual(interpreter.SWITCH_SECONDS, sys.getswitchinterval(), 6)


class Garbage(unittest.TestCase):
    def setUp(self):
        self.addCleanup(gc.set_threshold, *gc.get_threshold())
        self.addCleanup(sys.setswitchinterval, sys.getswitchinterval())
        interpreter._collected = 0.0

    def collections(self, now):
        with mock.patch.object(interpreter.time, "monotonic", return_value=now), mock.patch.object(gc, "collect") as collect:
            interpreter.collect()
        return collect.call_count

    def test_all_objects_are_searched_now_and_then_and_never_in_a_hurry(self):
        self.assertEqual(1, self.collections(1000.0))
        self.assertEqual(0, self.collections(1000.0 + interpreter.COLLECT_SECONDS - 1))
        with interpreter.hurried():
            self.assertEqual(0, self.collections(1000.0 + interpreter.COLLECT_SECONDS))
        self.assertEqual(1, self.collections(1000.0 + interpreter.COLLECT_SECONDS))

    def test_threads_search_young_objects_only(self):
        interpreter.prepare()
        old = gc.get_stats()[-1]["collections"]
        kept = []
        for _ in range(400000):
            kept.append([])
        self.assertEqual(old, gc.get_stats()[-1]["collections"])


if __name__ == "__main__":
    unittest.main()
