import unittest

import support  # noqa: F401
from runctl_guard.checkpoints import uploads


class Rate(unittest.TestCase):
    def test_a_request_that_is_small_and_quick_teaches_nothing(self):
        self.assertIsNone(uploads.learned_rate(None, 5 << 20, 0.2))
        self.assertIsNone(uploads.learned_rate(1e6, 0, 60.0))

    def test_a_slow_link_shows_in_a_small_upload_too(self):
        self.assertEqual(1e6, uploads.learned_rate(None, 5000000, 5.0))

    def test_one_slow_upload_takes_it_half_the_way(self):
        self.assertEqual(60e6, uploads.learned_rate(100e6, 200000000, 10.0))
