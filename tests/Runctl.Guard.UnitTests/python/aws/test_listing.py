from unittest import mock

import support
from runctl_guard.aws.listing import listing
from runctl_guard.aws.s3 import S3Error
from runctl_guard.aws.session import Session

CONTENTS = "<Contents><Key>a</Key><Size>1</Size><LastModified>2026-01-31T12:00:00.000Z</LastModified></Contents>"
TRUNCATED = "<IsTruncated>true</IsTruncated>"


class Listings(support.RootedTest):
    def setUp(self):
        super().setUp()
        self.start_s3()

    def listed(self, *answers):
        """The last one again and again."""
        waiting = list(answers)

        def answer(handler, *_):
            body = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            handler.answer(200, body if isinstance(body, bytes) else body.encode())
        with mock.patch.object(support._Handler, "list", answer):
            return listing(Session().s3(), "bucket", "saved/")

    def refused(self, *answers):
        """Requests until a refusal that may pass."""
        before = len(self.s3.calls)
        with self.assertRaises(S3Error, msg=answers) as caught:
            self.listed(*answers)
        self.assertTrue(caught.exception.passing)
        self.assertIn("s3://bucket/saved/", caught.exception.message)
        return len(self.s3.calls) - before

    def result(self, text):
        return "<ListBucketResult>%s</ListBucketResult>" % text

    def test_all_pages_are_one_listing(self):
        for number in range(2500):
            self.s3.objects["/bucket/saved/%d" % number] = b"x"
        self.assertEqual(2500, len(listing(Session().s3(), "bucket", "saved/")))
        self.assertEqual(3, len(self.s3.calls))

    def test_a_token_that_comes_again_or_is_empty_or_missing_ends_the_listing(self):
        def page(token):
            return self.result(TRUNCATED + CONTENTS + "<NextContinuationToken>%s</NextContinuationToken>" % token)
        self.assertEqual(2, self.refused(page("t")))
        self.assertEqual(3, self.refused(page("t"), page("u"), page("t"), page("u")))
        self.assertEqual(1, self.refused(page("")))
        self.assertEqual(1, self.refused(self.result(TRUNCATED + CONTENTS)))

    def test_what_is_no_whole_listing_is_not_taken_for_an_empty_one(self):
        for body in ("", "<html><body>please log in</body></html>", b"\xff\xfe", self.result(CONTENTS)[:-5]):
            self.assertEqual(1, self.refused(body))
        self.assertEqual({}, self.listed(self.result("")))

    def test_an_entry_without_key_size_or_time_is_refused(self):
        for good, bad in (("<Key>a</Key>", ""), ("<Key>a</Key>", "<Key></Key>"), ("<Size>1</Size>", ""), (">1<", ">x<"), (">1<", ">-1<"),
                          (">1<", ">" + "9" * 5000 + "<"), ("LastModified", "Modified")):
            self.refused(self.result(CONTENTS.replace(good, bad)))
        self.assertEqual({"a": 1}, {key: one.size for key, one in self.listed(self.result(CONTENTS)).items()})
