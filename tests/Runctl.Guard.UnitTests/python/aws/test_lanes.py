import threading
import unittest

from runctl_guard.aws.lanes import LANES, in_lanes


class Lanes(unittest.TestCase):
    def test_eight_items_are_worked_on_at_once(self):
        meeting = threading.Barrier(LANES)
        self.assertEqual([], in_lanes(range(LANES), lambda item: meeting.wait(30)))

    def test_nothing_to_do_is_done_at_once(self):
        self.assertEqual([], in_lanes([], self.fail))

    def test_the_first_failure_ends_all_lanes_and_is_raised(self):
        done = []

        def act(item):
            if item == 99:
                raise ValueError(item)
            done.append(item)
        with self.assertRaisesRegex(ValueError, "99"):
            in_lanes(range(100), act)
        self.assertEqual([], [thread for thread in threading.enumerate() if thread.name == "lane"])

    def test_with_go_on_the_others_are_done_and_failures_come_back(self):
        done = []

        def act(item):
            if item % 2:
                raise ValueError(item)
            done.append(item)
        failures = in_lanes(range(10), act, go_on=True)
        self.assertEqual([1, 3, 5, 7, 9], sorted(item for item, error in failures))
        self.assertEqual([0, 2, 4, 6, 8], sorted(done))
