import unittest

import support  # noqa: F401
from runctl_guard.http import Answer
from runctl_guard.s3 import Location, error_from

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


if __name__ == "__main__":
    unittest.main()
