import ssl
import threading
import unittest
from unittest import mock

import support
from runctl_guard.aws import connections
from runctl_guard.aws.connections import Answer
from runctl_guard.aws.listing import copy
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


class Clocks(support.RootedTest):
    def test_a_refused_clock_is_put_right_by_the_answer_if_that_has_a_date_to_read(self):
        self.start_s3()
        client = Session().s3()
        for date, passing in (("Sat, 31 Jan 2026 12:00:00 GMT", True), ("nonsense", False), ("", False),
                              ("Sat, 99 Jan 2026 12:00:00 GMT", False), (None, False)):
            headers = {} if date is None else {"Date": date}
            answer = refusal(403, "<Error><Code>RequestTimeTooSkewed</Code></Error>")
            self.assertEqual(passing, client._worth_another(Answer(403, {k.lower(): v for k, v in headers.items()}, b""), answer), date)
        self.assertLess(client._clock_offset, 0)


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


class Writes(support.RootedTest):
    """FakeS3 takes no content without a checksum, as a bucket with Object Lock and default retention."""

    def setUp(self):
        super().setUp()
        self.start_s3()

    def client(self, **store):
        return Session().s3({"store": dict(support.STORE, **store)})

    def encryption(self, key=AT.key):
        found = self.s3.sent["/bucket/" + key]
        return [found.get("x-amz-server-side-encryption"), found.get("x-amz-server-side-encryption-aws-kms-key-id")]

    def test_content_is_sent_with_its_checksum_and_an_empty_one_too(self):
        for body in (b"content", b""):
            self.client().put(AT, body)
            self.assertEqual(support.crc_text(body), self.s3.sent["/bucket/" + AT.key]["x-amz-checksum-crc32"])

    def test_a_copy_has_no_content_and_no_checksum(self):
        self.client().put(AT, b"content")
        copy(self.client(), AT, AT._replace(key="copy"))
        self.assertNotIn("x-amz-checksum-crc32", self.s3.sent["/bucket/copy"])

    def test_without_settings_no_encryption_is_named(self):
        self.client().put(AT, b"content")
        self.assertEqual([None, None], self.encryption())

    def test_new_objects_copies_and_uploads_in_parts_name_the_encryption(self):
        client = self.client(sse="aws:kms", kms_key_id="alias/mine")
        client.put(AT, b"content")
        copy(client, AT, AT._replace(key="copy"))
        client.call("POST", AT._replace(key="parts"), {"uploads": ""})
        for key in (AT.key, "copy", "parts"):
            self.assertEqual(["aws:kms", "alias/mine"], self.encryption(key), key)

    def test_parts_and_their_completion_do_not_name_it_again(self):
        # S3 refuses it there.
        client, at = self.client(sse="AES256"), AT._replace(key="parts")
        upload = client.call("POST", at, {"uploads": ""})
        self.assertEqual(["AES256", None], self.encryption("parts"))
        name = upload.body.decode().split("<UploadId>")[1].split("<")[0]
        client.call("PUT", at, {"uploadId": name, "partNumber": "1"}, body=b"part")
        self.assertEqual([None, None], self.encryption("parts"))
        client.call("POST", at, {"uploadId": name}, body=b"<C/>")
        self.assertEqual([None, None], self.encryption("parts"))

    def test_two_runs_of_one_machine_may_differ_in_it(self):
        session = Session()
        plain, coded = session.s3({"store": support.STORE}), session.s3({"store": dict(support.STORE, sse="AES256")})
        self.assertIsNot(plain, coded)
        self.assertIs(coded, session.s3({"store": dict(support.STORE, sse="AES256")}))

    def test_a_refusal_names_the_settings_as_a_possible_cause(self):
        self.s3.fail = lambda *_: 403
        with self.assertRaises(S3Error) as caught:
            self.client().put(AT, b"content")
        self.assertIn("s3_sse", caught.exception.message)
        self.assertIn("kms:GenerateDataKey", caught.exception.message)


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
