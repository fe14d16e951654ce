import unittest

import support  # noqa: F401
from runctl_guard.interruption import budget


class GraceBudget(unittest.TestCase):
    def test_without_a_deadline_the_policy_is_followed(self):
        self.assertEqual(90, budget.grace(90, None, 1000, None))

    def test_a_small_checkpoint_costs_no_grace(self):
        self.assertEqual(90, budget.grace(90, 118, 2, None))

    def test_grace_is_cut_so_that_the_newest_checkpoint_fits(self):
        self.assertAlmostEqual(118 - budget.MARGIN - 50, budget.grace(90, 118, 50, None))

    def test_an_upload_that_cannot_fit_never_costs_the_save(self):
        self.assertEqual(90, budget.grace(90, 118, 110, None))

    def test_grace_is_never_cut_below_what_the_last_save_took(self):
        # 60 s of upload would leave 55 s, but saves take 50 s: 75 s are needed, so it is not cut at all.
        self.assertEqual(90, budget.grace(90, 118, 60, 50))

    def test_a_short_window_leaves_something_for_both(self):
        seconds = budget.grace(90, 20, 4, None)
        self.assertAlmostEqual(20 - budget.MARGIN - 4, seconds)

    def test_past_the_deadline_the_policy_is_followed(self):
        self.assertEqual(90, budget.grace(90, -5, 1, None))

    def test_grace_never_exceeds_the_window(self):
        for left in range(1, 130, 7):
            for upload in range(0, 200, 13):
                seconds = budget.grace(90, left, upload, 10)
                self.assertLessEqual(seconds, left)
                self.assertGreater(seconds, 0)


class OlderUpload(unittest.TestCase):
    def test_it_goes_on_where_both_fit(self):
        self.assertEqual("beside", budget.older_upload(10, 10, 60))

    def test_it_gives_way_where_only_the_newest_fits(self):
        self.assertEqual("stopped", budget.older_upload(50, 20, 60))

    def test_it_goes_first_where_the_newest_cannot_fit_anyway(self):
        self.assertEqual("first", budget.older_upload(10, 100, 60))

    def test_where_neither_fits_the_one_nearer_to_its_end_goes_first(self):
        self.assertEqual("first", budget.older_upload(70, 100, 60))
        self.assertEqual("stopped", budget.older_upload(100, 70, 60))

    def test_without_a_deadline_the_newest_is_all_there_is_to_wait_for(self):
        self.assertEqual("stopped", budget.older_upload(1, 1, None))


class Checking(unittest.TestCase):
    def test_a_check_takes_no_more_than_half_of_what_the_upload_leaves(self):
        self.assertEqual(10.0, budget.check_seconds(33.0, 10.0))

    def test_where_only_the_upload_fits_it_takes_a_moment_for_small_files(self):
        self.assertEqual(0.5, budget.check_seconds(12.0, 10.0))
        self.assertEqual(0.25, budget.check_seconds(1.0, 10.0))

    def test_after_the_deadline_nothing_is_read(self):
        self.assertEqual(0.0, budget.check_seconds(-1.0, 10.0))

    def test_without_a_deadline_it_takes_what_it_takes(self):
        self.assertIsNone(budget.check_seconds(None, 10.0))
