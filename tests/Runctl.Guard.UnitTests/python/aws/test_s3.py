import ssl
import threading
import unittest
from unittest import mock

import support
from runctl_guard.aws import connections
from runctl_guard.aws.connections import Answer
from runctl_guard.aws.s3 import Location, S3Error, error_from
from runctl_guard.aws.session import Session

AT = Location("bucket", "runs/one/run.json")


def refusal(status, body="", **headers):
    answer = Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body.encode())
    return error_from(answer, AT, "us-east-1")


class Refusals(unittest.TestCase):
    def test_a_bucket_in_another_region_is_named_with_its_region_by_header_or_body(self):
        for error in (refusal(301, x_amz_bucket_region="eu-central-1"),
                      refusal(301, "<Error><Code>PermanentRedirect</Code></Error>", x_amz_bucket_region="eu-central-1"),
                      refusal(400, "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-central-1</Region></Error>")):
            self.assertEqual("BucketElsewhere", error.id)
            self.assertIn("s3://bucket/runs/one/run.json is in eu-central-1", error.message)

    def test_a_redirect_that_names_no_region_is_told_all_the_same(self):
        self.assertIn("is in another region", refusal(301, "<Error><Code>PermanentRedirect</Code></Error>").message)

    def test_a_region_in_an_ordinary_refusal_says_nothing(self):
        error = refusal(403, "<Error><Code>AccessDenied</Code></Error>", x_amz_bucket_region="us-east-1")
        self.assertEqual("StorageForbidden", error.id)
        self.assertIn("s3:ListBucket", error.message)

    def test_a_bucket_that_is_missing_is_named(self):
        error = refusal(404, "<Error><Code>NoSuchBucket</Code></Error>")
        self.assertEqual("BucketNotFound", error.id)
        self.assertIn("bucket", error.message)

    def test_anything_else_is_told_in_the_words_of_S3(self):
        error = refusal(400, "<Error><Code>EntityTooSmall</Code><Message>too small</Message></Error>")
        self.assertEqual("StorageFailed", error.id)
        self.assertIn("too small (EntityTooSmall)", error.message)


class Heads(support.RootedTest):
    """Their answers have no body to say what is wrong."""

    def setUp(self):
        super().setUp()
        self.start_s3()
        self.client = Session().s3()
        self.renewed = []
        self.client._credentials.forget = lambda: self.renewed.append(1)

    def test_credentials_that_have_expired_are_renewed(self):
        self.s3.objects["/bucket/" + AT.key] = b"here"
        self.s3.fail = lambda *_: None if self.renewed else (400, "ExpiredToken")
        self.assertEqual("4", self.client.head(AT).header("content-length"))

    def test_what_is_missing_is_so_after_that_as_well(self):
        self.s3.fail = lambda *_: None if self.renewed else (400, "ExpiredToken")
        self.assertIsNone(self.client.head(AT))

    def test_a_refusal_has_its_code(self):
        self.s3.fail = lambda *_: 403
        with self.assertRaises(S3Error) as caught:
            self.client.head(AT)
        self.assertEqual(("AccessDenied", 2), (caught.exception.code, len(self.s3.calls)))


class Certificates(unittest.TestCase):
    def test_they_are_read_once_for_all_threads(self):
        made = []
        connections._context.cache_clear()
        with mock.patch.object(ssl, "create_default_context", lambda: made.append(1) or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)):
            for _ in range(3):
                thread = threading.Thread(target=lambda: connections._connection("https", "localhost", 1.0))
                thread.start()
                thread.join()
        self.assertEqual([1], made)
        connections._context.cache_clear()
