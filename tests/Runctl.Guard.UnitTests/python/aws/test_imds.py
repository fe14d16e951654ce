import email.utils
import os
import threading
import time
from unittest import mock

import support
from runctl_guard import errors
from runctl_guard.aws import credentials, imds


class Patience(support.WithService):
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


class Readings(support.WithService):
    def test_nothing_there_is_told_from_every_kind_of_failure(self):
        self.assertEqual("none", self.imds.get(support.ACTION).status)
        for status, expected in ((403, "disabled"), (500, "error"), (503, "error"), (200, "ok")):
            self.fake.answers[support.ACTION] = (status, "{}")
            self.assertEqual(expected, self.imds.get(support.ACTION).status)

    def test_a_token_that_is_no_longer_good_is_renewed_and_the_question_asked_again(self):
        self.imds.get(support.ACTION)
        self.fake.tokens.clear()
        self.fake.answers[support.ACTION] = (200, '{"action": "stop"}')
        self.assertEqual({"action": "stop"}, self.imds.get(support.ACTION).json())
        self.assertEqual(2, self.fake.issued)

    def test_a_token_is_used_until_it_has_to_be_renewed(self):
        for _ in range(5):
            self.imds.get(support.ACTION)
        self.assertEqual(1, self.fake.issued)

    def test_refused_tokens_are_an_error_and_never_no_notice(self):
        self.fake.answers["token"] = (404, "")
        self.assertEqual("error", self.imds.get(support.ACTION).status)
        self.fake.answers["token"] = (403, "")
        self.assertEqual("disabled", imds.Imds().get(support.ACTION).status)

    def test_a_service_that_hangs_holds_nobody_for_long(self):
        release = threading.Event()
        self.addCleanup(release.set)
        self.fake.answers[support.ACTION] = lambda: release.wait(30) and (404, "") or (404, "")
        started = time.monotonic()
        with mock.patch.object(imds, "TIMEOUT", 0.1):
            self.assertEqual("unreachable", self.imds.get(support.ACTION).status)
        self.assertLess(time.monotonic() - started, 2.5)

    def test_nobody_there_is_unreachable(self):
        self.set_environment(AWS_EC2_METADATA_SERVICE_ENDPOINT="http://127.0.0.1:9")
        self.assertEqual("unreachable", imds.Imds().get(support.ACTION).status)

    def test_a_clock_that_is_wrong_is_seen_in_the_date(self):
        self.fake.answers[support.ACTION] = (200, "{}")
        self.assertEqual(0.0, self.imds.get(support.ACTION).clock_offset)
        self.fake.headers["Date"] = email.utils.formatdate(time.time() + 3600, usegmt=True)
        self.assertAlmostEqual(3600, self.imds.get(support.ACTION).clock_offset, delta=2)
