import unittest

import support  # noqa: F401
from runctl_guard.interruption.notice import Notice, NoticeLatch, standing
from runctl_guard.system.clock import utc_seconds_text

NOW = 1769860800.0


def body(seconds, action="terminate"):
    return {"action": action, "time": utc_seconds_text(NOW + seconds)}


class Latch(unittest.TestCase):
    def setUp(self):
        self.latch = NoticeLatch()

    def feed(self, status, value=None, wall=NOW):
        return self.latch.feed(status, value, wall, 1000.0)

    def test_a_notice_has_its_deadline_on_the_monotonic_clock(self):
        self.assertEqual(Notice("stop", utc_seconds_text(NOW + 120), 1120.0), self.feed("ok", body(120, "stop")))

    def test_a_time_that_slides_with_every_reading_is_the_same_notice(self):
        self.feed("ok", body(120))
        self.assertIsNone(self.feed("ok", body(121)))
        self.assertIsNone(self.feed("ok", body(180)))

    def test_errors_do_not_end_a_notice(self):
        self.feed("ok", body(120))
        for status in ("error", "unreachable", "disabled"):
            self.assertIsNone(self.feed(status))
        self.assertIsNone(self.feed("ok", body(130)))

    def test_after_a_404_a_later_time_is_a_new_notice(self):
        self.feed("ok", body(120))
        self.feed("none")
        self.assertIsInstance(self.feed("ok", body(400)), Notice)

    def test_a_notice_that_is_over_for_good_gives_way_to_a_later_one_without_a_404_between(self):
        self.feed("ok", body(120))
        late = self.latch.feed("ok", body(800), NOW + 700, 1700.0)
        self.assertEqual(Notice("terminate", utc_seconds_text(NOW + 800), 1800.0), late)
        self.assertIsNone(self.latch.feed("ok", body(800), NOW + 1700, 2700.0))

    def test_a_successor_knows_what_stands(self):
        known = NoticeLatch(utc_seconds_text(NOW + 120), 1120.0)
        self.assertIsNone(known.feed("ok", body(121), NOW, 1000.0))

    def test_a_successor_knows_what_is_stale(self):
        known = NoticeLatch(utc_seconds_text(NOW - 400))
        self.assertIsNone(known.feed("ok", body(-400), NOW, 1000.0))
        self.assertIsInstance(known.feed("ok", body(120), NOW, 1000.0), Notice)

    def test_a_stale_notice_is_told_once_and_is_no_notice(self):
        self.assertEqual(utc_seconds_text(NOW - 301), self.feed("ok", body(-301)))
        self.assertIsNone(self.feed("ok", body(-301)))

    def test_a_new_notice_behind_a_stale_one_is_seen(self):
        self.feed("ok", body(-400))
        self.assertIsInstance(self.feed("ok", body(120)), Notice)

    def test_a_notice_shortly_past_still_counts(self):
        self.assertIsInstance(self.feed("ok", body(-200)), Notice)

    def test_a_time_that_cannot_be_read_means_two_minutes(self):
        self.assertEqual(1120.0, self.feed("ok", {"action": "terminate", "time": "soon"}).deadline)


class Standing(unittest.TestCase):
    NOW = 1769860800.0

    def feed(self, kept, state, value=None):
        return standing(kept, state, value, self.NOW, 1000.0)

    def kept(self, **changes):
        return dict({"time": utc_seconds_text(self.NOW + 60), "action": "stop", "deadline": 1060.0}, **changes)

    def test_a_notice_that_no_guard_has_seen_stands(self):
        found = self.feed({}, "ok", {"action": "hibernate", "time": utc_seconds_text(self.NOW + 90)})
        self.assertEqual({"action": "hibernate", "time": utc_seconds_text(self.NOW + 90)}, found)

    def test_the_time_that_was_noted_first_stands(self):
        self.assertEqual(utc_seconds_text(self.NOW + 60), self.feed(self.kept(), "ok", {"time": utc_seconds_text(self.NOW + 90)})["time"])

    def test_an_error_leaves_what_was_noted(self):
        self.assertEqual("stop", self.feed(self.kept(), "unreachable")["action"])
        self.assertIsNone(self.feed({}, "unreachable"))

    def test_a_404_ends_what_was_noted(self):
        self.assertIsNone(self.feed(self.kept(), "none"))

    def test_a_stale_one_does_not_stand(self):
        self.assertIsNone(self.feed({}, "ok", {"time": utc_seconds_text(self.NOW - 400)}))
        self.assertIsNone(self.feed(self.kept(stale=True), "error"))
