import email.utils
import os
import time
from unittest import mock

import support
from runctl_guard.interruption.notice_poller import Poller
from runctl_guard.system import files, paths


class Polling(support.WithService):
    def setUp(self):
        super().setUp()
        self.noticed, self.told = [], []
        self.poller = self.new_poller()

    def new_poller(self):
        return Poller(self.imds, self.noticed.append, lambda *event: self.told.append(event))

    def notice(self, seconds):
        text = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))
        self.fake.answers[support.ACTION] = (200, '{"action": "terminate", "time": "%s"}' % text)

    def test_a_notice_is_passed_on_once(self):
        self.poller.poll()
        self.notice(120)
        self.poller.poll()
        self.poller.poll()
        self.assertEqual(["imds"], [trigger.source for trigger in self.noticed])
        self.assertAlmostEqual(time.monotonic() + 120, self.noticed[0].deadline, delta=2)

    def test_a_guard_started_again_knows_the_notice(self):
        self.notice(120)
        self.poller.poll()
        again = self.new_poller()
        again.poll()
        self.assertEqual(1, len(self.noticed))
        self.assertIsNotNone(again.standing())

    def test_a_deadline_is_right_although_the_clock_is_wrong(self):
        self.fake.headers["Date"] = email.utils.formatdate(time.time() - 1000, usegmt=True)
        self.notice(-880)
        self.poller.poll()
        self.assertAlmostEqual(time.monotonic() + 120, self.noticed[0].deadline, delta=3)

    def test_a_notice_whose_time_is_over_stands_for_nobody_new(self):
        self.notice(-10)
        self.poller.poll()
        self.assertEqual(1, len(self.noticed))
        self.assertIsNone(self.poller.standing())

    def test_a_disabled_service_is_said_once(self):
        self.fake.answers[support.ACTION] = (403, "")
        for _ in range(3):
            self.poller.poll()
        self.assertEqual(["ImdsDisabled"], [data["id"] for kind, _, data in self.told if kind == "Warning"])

    def test_failures_are_said_once_when_they_have_lasted_to_who_asks_as_well(self):
        def said():
            return files.read_json(os.path.join(paths.home(), "guard-status.json"))["imds"]
        with mock.patch("runctl_guard.interruption.notice_poller.UNKNOWN_SECONDS", 1000.0):
            self.poller.poll()
            self.fake.answers[support.ACTION] = (500, "")
            self.poller.poll()
            self.assertEqual(("ok", []), (said(), self.told))
        with mock.patch("runctl_guard.interruption.notice_poller.UNKNOWN_SECONDS", 0.0):
            self.poller.poll()
            self.poller.poll()
            self.assertEqual(("error", ["ImdsError"]), (said(), [data["id"] for _, _, data in self.told]))
        self.fake.answers[support.ACTION] = (404, "")
        self.poller.poll()
        self.assertEqual("ok", said())

    def test_half_a_document_or_a_strangers_page_is_an_error_and_leaves_the_notice(self):
        self.notice(120)
        self.poller.poll()
        with mock.patch("runctl_guard.interruption.notice_poller.UNKNOWN_SECONDS", 0.0):
            for body in ('{"action": "termi', "<html>Please sign in.</html>", "[]"):
                self.fake.answers[support.ACTION] = (200, body)
                self.poller.poll()
        self.assertEqual(["ImdsError"], [data["id"] for kind, _, data in self.told if kind == "Warning"])
        self.assertEqual(1, len(self.noticed))
        self.assertIsNotNone(self.poller.standing())

    def test_a_rebalance_recommendation_is_told_once(self):
        self.fake.answers["meta-data/events/recommendations/rebalance"] = (200, '{"noticeTime": "2026-01-31T12:00:00Z"}')
        for _ in range(2):
            self.poller._rebalance_due = 0.0
            self.poller.poll()
        self.assertEqual(["RebalanceRecommended"], [kind for kind, _, _ in self.told])
