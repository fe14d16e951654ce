import unittest

import support
from runctl_guard.checkpoints import uploads


class Rate(unittest.TestCase):
    def test_a_request_that_is_small_and_quick_teaches_nothing(self):
        self.assertIsNone(uploads.learned_rate(None, 5 << 20, 0.2))
        self.assertIsNone(uploads.learned_rate(1e6, 0, 60.0))

    def test_a_slow_link_shows_in_a_small_upload_too(self):
        self.assertEqual(1e6, uploads.learned_rate(None, 5000000, 5.0))

    def test_one_slow_upload_takes_it_half_the_way(self):
        self.assertEqual(60e6, uploads.learned_rate(100e6, 200000000, 10.0))


class Told(support.RootedTest):
    def told(self, manifest, reason="periodic", uri="s3://bucket/saved/step_1.json"):
        committed = {"uri": uri, "manifest": manifest, "reason": reason}
        text = uploads.uploaded_text(self.run_, committed)
        self.run_.emit("CheckpointUploaded", text, **committed)
        return text

    def setUp(self):
        super().setUp()
        self.run_ = self.new_run(store=support.STORE)

    def test_a_checkpoint_that_is_committed_again_with_more_files_is_not_told_twice_in_the_same_words(self):
        self.assertEqual("Checkpoint uploaded to S3: s3://bucket/saved/step_1.json", self.told("s3://bucket/1"))
        self.assertEqual("Files beside the checkpoint uploaded to S3: s3://bucket/saved/step_1.json", self.told("s3://bucket/2"))

    def test_an_interruption_says_that_its_checkpoint_is_in_s3_whatever_was_told_before(self):
        self.told("s3://bucket/1")
        self.assertEqual("Checkpoint uploaded to S3: s3://bucket/saved/step_1.json", self.told("s3://bucket/2", "interruption"))
        self.assertEqual("Files beside the checkpoint uploaded to S3: s3://bucket/saved/step_1.json", self.told("s3://bucket/3", "interruption"))

    def test_the_next_attempt_tells_of_its_checkpoints_anew(self):
        self.told("s3://bucket/1")
        self.run_.update(attempt=2)
        self.assertEqual("Checkpoint uploaded to S3: s3://bucket/saved/step_1.json", self.told("s3://bucket/2"))
