import unittest

import support  # noqa: F401
from runctl_guard.system.backoff import Backoff


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def longest(low, high):
    return high


class Pauses(unittest.TestCase):
    def setUp(self):
        self.clock = Clock()

    def pauses(self, **how):
        """All pauses until there is no other try; time passes by them alone."""
        backoff = Backoff(clock=self.clock, chance=longest, **how)
        found = []
        pause = backoff.pause()
        while pause is not None:
            self.clock.now += pause
            found.append(round(pause, 3))
            pause = backoff.pause()
        return found

    def test_they_double_up_to_the_longest_and_the_tries_are_counted(self):
        self.assertEqual([0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0], self.pauses(tries=8))
        self.assertEqual([], self.pauses(tries=1))

    def test_a_time_ends_them_with_a_last_try_at_its_end(self):
        found = self.pauses(seconds=10.0)
        self.assertEqual([0.2, 0.4, 0.8, 1.6, 3.2, 3.8], found)

    def test_a_minute_is_few_tries_and_all_of_the_minute(self):
        found = self.pauses(seconds=60.0)
        self.assertAlmostEqual(60.0, sum(found))
        self.assertLess(len(found), 18)

    def test_chance_shortens_each_by_up_to_half(self):
        drawn = []
        backoff = Backoff(tries=3, chance=lambda low, high: drawn.append((low, high)) or low)
        self.assertAlmostEqual(0.1, backoff.pause())
        self.assertAlmostEqual(0.2, backoff.pause())
        self.assertEqual([(0.5, 1.0)] * 2, drawn[:2])
