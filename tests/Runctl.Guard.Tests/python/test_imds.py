import email.utils
import http.server
import os
import threading
import time
import unittest
from unittest import mock

import support
from runctl_guard import errors
from runctl_guard.aws import credentials, imds
from runctl_guard.interruption.notice_poller import Poller
from runctl_guard.system import files, paths

ACTION = "meta-data/spot/instance-action"


class FakeImds:
    """Knows tokens; `answers` maps a path to (status, body) or to a function that may block."""

    def __init__(self):
        self.tokens, self.asked, self.answers, self.headers, self.issued = set(), [], {}, {}, 0
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_PUT(self):
                fake.issued += 1
                fake.tokens.add("token-%d" % fake.issued)
                self.reply(fake.answers.get("token", (200, "token-%d" % fake.issued)))

            def do_GET(self):
                path = self.path[len("/latest/"):]
                known = self.headers.get("X-aws-ec2-metadata-token") in fake.tokens
                fake.asked.append(path)
                answer = fake.answers.get(path, (404, ""))
                self.reply((answer() if callable(answer) else answer) if known else (401, ""))

            def reply(self, answer):
                self.send_response_only(answer[0])
                for name, value in dict({"Date": email.utils.formatdate(usegmt=True)}, **fake.headers).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer[1])))
                self.end_headers()
                self.wfile.write(answer[1].encode())
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class WithService(support.RootedTest):
    def setUp(self):
        super().setUp()
        self.fake = FakeImds()
        self.addCleanup(self.fake.close)
        self.set_environment(AWS_EC2_METADATA_SERVICE_ENDPOINT=self.fake.url)
        self.imds = imds.Imds()


class Patience(WithService):
    def setUp(self):
        super().setUp()
        pause, imds.PATIENT_PAUSE = imds.PATIENT_PAUSE, 0.01
        self.addCleanup(lambda: setattr(imds, "PATIENT_PAUSE", pause))
        self.failures = 2
        self.set_environment(AWS_ACCESS_KEY_ID="")

    def failing(self, body):
        """An answer that is an error twice before it is what it should be."""
        def answer():
            self.failures -= 1
            return (500, "") if self.failures >= 0 else (200, body)
        return answer

    def test_a_failed_answer_or_two_do_not_cost_the_credentials(self):
        self.fake.answers[credentials.ROLE_PATH] = (200, "role")
        self.fake.answers[credentials.ROLE_PATH + "role"] = self.failing(
            '{"AccessKeyId": "of-the-role", "SecretAccessKey": "secret", "Token": "token"}')
        self.assertEqual("of-the-role", credentials.CredentialSource(imds.Imds()).get().key)

    def test_an_instance_without_a_role_is_told_at_once(self):
        with self.assertRaises(errors.GuardError) as caught:
            credentials.CredentialSource(imds.Imds()).get()
        self.assertIn("no IAM role", caught.exception.message)
        self.assertEqual([credentials.ROLE_PATH], self.fake.asked)

    def test_a_failed_answer_or_two_do_not_cost_the_instance_its_name(self):
        os.unlink(os.path.join(self.root, "var/lib/runctl/instance.json"))
        self.fake.answers["meta-data/instance-id"] = self.failing("i-0123456789abcdef0")
        self.assertEqual("i-0123456789abcdef0", imds.instance_id(imds.Imds()))


class Readings(WithService):
    def test_nothing_there_is_told_from_every_kind_of_failure(self):
        self.assertEqual("none", self.imds.get(ACTION).status)
        for status, expected in ((403, "disabled"), (500, "error"), (503, "error"), (200, "ok")):
            self.fake.answers[ACTION] = (status, "{}")
            self.assertEqual(expected, self.imds.get(ACTION).status)

    def test_a_token_that_is_no_longer_good_is_renewed_and_the_question_asked_again(self):
        self.imds.get(ACTION)
        self.fake.tokens.clear()
        self.fake.answers[ACTION] = (200, '{"action": "stop"}')
        self.assertEqual({"action": "stop"}, self.imds.get(ACTION).json())
        self.assertEqual(2, self.fake.issued)

    def test_a_token_is_used_until_it_has_to_be_renewed(self):
        for _ in range(5):
            self.imds.get(ACTION)
        self.assertEqual(1, self.fake.issued)

    def test_refused_tokens_are_an_error_and_never_no_notice(self):
        self.fake.answers["token"] = (404, "")
        self.assertEqual("error", self.imds.get(ACTION).status)
        self.fake.answers["token"] = (403, "")
        self.assertEqual("disabled", imds.Imds().get(ACTION).status)

    def test_a_service_that_hangs_holds_nobody_for_long(self):
        release = threading.Event()
        self.addCleanup(release.set)
        self.fake.answers[ACTION] = lambda: release.wait(30) and (404, "") or (404, "")
        started = time.monotonic()
        self.assertEqual("unreachable", self.imds.get(ACTION).status)
        self.assertLess(time.monotonic() - started, 2.5)

    def test_nobody_there_is_unreachable(self):
        self.set_environment(AWS_EC2_METADATA_SERVICE_ENDPOINT="http://127.0.0.1:9")
        self.assertEqual("unreachable", imds.Imds().get(ACTION).status)

    def test_a_clock_that_is_wrong_is_seen_in_the_date(self):
        self.fake.answers[ACTION] = (200, "{}")
        self.assertEqual(0.0, self.imds.get(ACTION).clock_offset)
        self.fake.headers["Date"] = email.utils.formatdate(time.time() + 3600, usegmt=True)
        self.assertAlmostEqual(3600, self.imds.get(ACTION).clock_offset, delta=2)


class Polling(WithService):
    def setUp(self):
        super().setUp()
        self.noticed, self.told = [], []
        self.poller = self.new_poller()

    def new_poller(self):
        return Poller(self.imds, self.noticed.append, lambda *event: self.told.append(event))

    def notice(self, seconds):
        text = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))
        self.fake.answers[ACTION] = (200, '{"action": "terminate", "time": "%s"}' % text)

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
        self.fake.answers[ACTION] = (403, "")
        for _ in range(3):
            self.poller.poll()
        self.assertEqual(["ImdsDisabled"], [data["id"] for kind, _, data in self.told if kind == "Warning"])

    def test_failures_are_said_once_when_they_have_lasted_to_who_asks_as_well(self):
        def said():
            return files.read_json(os.path.join(paths.home(), "guard-status.json"))["imds"]
        with mock.patch("runctl_guard.interruption.notice_poller.UNKNOWN_SECONDS", 1000.0):
            self.poller.poll()
            self.fake.answers[ACTION] = (500, "")
            self.poller.poll()
            self.assertEqual(("ok", []), (said(), self.told))
        with mock.patch("runctl_guard.interruption.notice_poller.UNKNOWN_SECONDS", 0.0):
            self.poller.poll()
            self.poller.poll()
            self.assertEqual(("error", ["ImdsError"]), (said(), [data["id"] for _, _, data in self.told]))
        self.fake.answers[ACTION] = (404, "")
        self.poller.poll()
        self.assertEqual("ok", said())

    def test_half_a_document_or_a_strangers_page_is_an_error_and_leaves_the_notice(self):
        self.notice(120)
        self.poller.poll()
        with mock.patch("runctl_guard.interruption.notice_poller.UNKNOWN_SECONDS", 0.0):
            for body in ('{"action": "termi', "<html>Please sign in.</html>", "[]"):
                self.fake.answers[ACTION] = (200, body)
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


if __name__ == "__main__":
    unittest.main()
