import base64
import gzip
import os
import time
from types import SimpleNamespace
from unittest import mock

import support


class Logs(support.RootedTest):
    def setUp(self):
        super().setUp()
        self.run_ = self.new_run()

    def append(self, data):
        with open(self.run_.file("log"), "ab") as file:
            file.write(data)

    def answer(self, offset=0, attempt=None, tail=None, since=None, follow=None, max_bytes=15000):
        from runctl_guard.commands.log import log
        value = log(self.run_, SimpleNamespace(offset=offset, attempt=attempt, tail=tail, since=since, follow=follow,
                                                max_bytes=max_bytes))
        return value, gzip.decompress(base64.b64decode(value["data"]))

    def again(self, number):
        from runctl_guard.runs.attempts import new_attempt
        self.run_.update(state="interrupted")
        new_attempt(self.run_, self.spec(), {"number": number, "nonce": "n%d" % number}, "vm")

    def test_an_attempt_has_its_own_part_of_the_log(self):
        self.append(b"one\ntwo\n")
        self.again(2)
        self.append(b"three\n")
        self.assertEqual(b"one\ntwo\nthree\n", self.answer()[1])
        first, data = self.answer(attempt=1)
        self.assertEqual((b"one\ntwo\n", True, 8), (data, first["ended"], first["next_offset"]))
        second, data = self.answer(attempt=2)
        self.assertEqual((b"three\n", False, 8, 14), (data, second["ended"], second["offset"], second["size"]))

    def test_a_reader_does_not_wait_for_a_hole_and_the_last_lines_are_found_soon(self):
        far = 1 << 40
        self.append(b"one\n")
        os.truncate(self.run_.file("log"), far)
        value, data = self.answer(offset=8192)
        self.assertEqual((far, far, far, b""), (value["offset"], value["next_offset"], value["size"], data))
        self.append(b"two\nthree\n")
        value, data = self.answer(offset=8192)
        self.assertEqual(b"two\nthree\n", data.lstrip(b"\0"))
        self.assertEqual(b"three\n", self.answer(tail=1)[1])
        with mock.patch("runctl_guard.runs.run_log.MOST_LOOKED_THROUGH", 1 << 20):
            self.assertEqual(b"two\nthree\n", self.answer(tail=10)[1].lstrip(b"\0"))

    def test_offsets_go_on_when_the_file_is_emptied_and_nothing_comes_twice(self):
        from runctl_guard.runs import run_log
        self.append(b"before\n" * 10)
        run_log.note(self.run_)
        os.truncate(self.run_.file("log"), 0)
        self.append(b"after\n")
        value, data = self.answer(offset=70)
        self.assertEqual((b"after\n", 70, 76), (data, value["offset"], value["next_offset"]))
        run_log.note(self.run_)
        self.assertEqual(b"", self.answer(offset=76)[1])
        self.append(b"more\n")
        self.assertEqual(b"more\n", self.answer(offset=76)[1])
        # What was cut off is not there any more, and it can be seen that it is not.
        value, data = self.answer(offset=0)
        self.assertEqual((70, b"after\nmore\n"), (value["offset"], data))

    def test_a_log_whose_file_is_gone_is_empty(self):
        from runctl_guard.runs import run_log
        self.append(b"x\n")
        run_log.note(self.run_)
        os.unlink(self.run_.file("log"))
        self.assertEqual(b"", self.answer(offset=2)[1])
        run_log.note(self.run_)

    def test_the_tail_begins_at_a_line_and_has_at_least_as_many(self):
        self.append(b"".join(b"line %d\n" % number for number in range(100000)))
        _, data = self.answer(tail=20)
        self.assertIn(len(data.splitlines()), (20, 21))
        self.assertTrue(data.endswith(b"line 99999\n"))
        self.append(b"\rbar 1\rbar 2\rbar 3\rbar 4")
        self.assertLess(len(self.answer(tail=2)[1]), 30)
        self.assertEqual(0, self.answer(tail=1000000)[0]["offset"])

    def test_since_misses_nothing_and_begins_at_a_line(self):
        from runctl_guard.runs import run_log
        self.append(b"old\nhalf a ")
        run_log.note(self.run_)
        time.sleep(0.01)
        now = time.time()
        time.sleep(0.01)
        self.append(b"line\nnew\n")
        run_log.note(self.run_)
        self.assertEqual(b"half a line\nnew\n", self.answer(since=now)[1])
        self.assertEqual(b"old\nhalf a line\nnew\n", self.answer(since=0)[1])
        self.assertEqual(b"", self.answer(since=time.time() + 60)[1])

    def test_a_reader_that_follows_is_known_until_its_time_is_over(self):
        from runctl_guard.runs import follower
        self.append(b"one\n")
        self.answer()
        self.assertFalse(follower.is_there(self.run_))
        self.answer(follow=60.0)
        self.assertTrue(follower.is_there(self.run_))
        now = time.monotonic()
        with mock.patch("time.monotonic", lambda: now + 61):
            self.assertFalse(follower.is_there(self.run_))

    def test_a_note_of_another_boot_or_damaged_is_no_reader(self):
        from runctl_guard.runs import follower
        for text in ("", "{}", '{"boot_id": "x", "until": 1e18}'):
            with open(self.run_.file("follower.json"), "w") as file:
                file.write(text)
            self.assertFalse(follower.is_there(self.run_), text)

    def test_a_reader_cannot_ask_for_more_than_ten_minutes(self):
        from runctl_guard.runs import follower
        self.answer(follow=1e9)
        now = time.monotonic()
        with mock.patch("time.monotonic", lambda: now + 601):
            self.assertFalse(follower.is_there(self.run_))

    def test_what_does_not_fit_into_an_answer_is_brought_to_S3_at_once(self):
        from runctl_guard.runs import follower
        self.append(os.urandom(30000))
        self.answer(offset=29000)
        self.assertFalse(follower.is_there(self.run_))
        self.answer()
        self.assertTrue(follower.is_there(self.run_))


class Shipped(support.RootedTest):
    def setUp(self):
        super().setUp()
        self.s3 = support.FakeS3()
        self.addCleanup(self.s3.close)
        self.set_environment(AWS_ENDPOINT_URL_S3=self.s3.url)
        self.run_ = self.new_run(store={"bucket": "bucket", "prefix": "p", "run_prefix": "r"})

    def append(self, data):
        with open(self.run_.file("log"), "ab") as file:
            file.write(data)

    def ship(self):
        from runctl_guard.aws.session import Session
        from runctl_guard.runs.shipper import Shipper
        return Shipper(Session().s3(self.run_.spec), self.run_).ship()

    def segments(self):
        base = "r/runs/%s/log/" % self.run_.id
        return {key[len(base):]: gzip.decompress(self.s3.body(key)) for key in self.s3.keys() if key.startswith(base)}

    def test_what_an_attempt_left_unsent_goes_under_its_own_number(self):
        from runctl_guard.runs.attempts import new_attempt
        self.append(b"one\n")
        self.run_.update(state="interrupted")
        new_attempt(self.run_, self.run_.spec, {"number": 2, "nonce": "n"}, "vm")
        self.append(b"two\n")
        self.assertTrue(self.ship())
        self.assertEqual({"1/000000000000-000000000004.gz": b"one\n", "2/000000000004-000000000008.gz": b"two\n"}, self.segments())

    def test_a_log_that_is_emptied_goes_on_and_repeats_nothing(self):
        self.append(b"before\n")
        self.ship()
        os.truncate(self.run_.file("log"), 0)
        self.append(b"new\n")
        self.ship()
        self.append(b"and more\n")
        self.ship()
        self.assertEqual([b"before\n", b"new\n", b"and more\n"], list(self.segments().values()))
        self.assertEqual(["1/000000000000-000000000007.gz", "1/000000000007-000000000011.gz", "1/000000000011-000000000020.gz"], list(self.segments()))
