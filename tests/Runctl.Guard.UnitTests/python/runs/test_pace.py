import unittest

import support  # noqa: F401  (the program on the path)
from runctl_guard.runs import pace
from runctl_guard.runs.pace import Waiting

DAY = 24 * 3600.0


class Pauses(unittest.TestCase):
    def test_they_grow_with_the_age_of_the_attempt(self):
        for age, seconds in ((0, 2), (30, 2), (60, 2), (90, 3), (600, 20), (3600, 120), (9000, 300), (30 * DAY, 300)):
            self.assertEqual(seconds, pace.pause(age, False), age)

    def test_they_are_short_while_a_reader_follows(self):
        for age in (0.0, 3600.0, 30 * DAY):
            self.assertEqual(2.0, pace.pause(age, True), age)

    def test_a_shipment_is_due_when_its_pause_is_over_or_an_event_is_urgent(self):
        for due, age, since, waiting, followed in (
                (False, DAY, 299.0, Waiting(1000, 0, False), False),
                (True, DAY, 300.0, Waiting(1000, 0, False), False),
                (True, DAY, 300.0, Waiting(0, 1, False), False),
                (False, DAY, 3000.0, Waiting(0, 0, False), False),
                (True, DAY, 2.0, Waiting(1000, 0, False), True),
                (True, DAY, 0.5, Waiting(0, 1, True), False),
                (False, 30.0, 1.0, Waiting(1000, 0, False), False),
                (True, 30.0, 2.0, Waiting(1000, 0, False), False)):
            self.assertEqual(due, pace.is_due(age, since, waiting, followed), (age, since, waiting, followed))

    def test_a_full_segment_does_not_wait(self):
        self.assertFalse(pace.is_full(Waiting(pace.FULL - 1, 0, False)))
        self.assertTrue(pace.is_full(Waiting(pace.FULL, 0, False)))

    def test_a_sudden_death_loses_at_most_a_thirtieth_of_the_log_and_five_minutes(self):
        for age in range(60, 100000, 500):
            self.assertLessEqual(pace.pause(age, False), min(300.0, age / 30))
