"""A month of log and events on a clock that is turned by hand, with every request to S3 counted."""
import collections
import gzip
import html
import os
import re
from unittest import mock

import support
from runctl_guard.aws.connections import Answer
from runctl_guard.guard.supervisor import RunSupervisor
from runctl_guard.runs import follower, segments

HOUR = 3600
MONTH = 30 * 24 * HOUR
# US dollars a request, S3 Standard in us-east-1. A DELETE costs nothing.
PRICES = {"PUT": 0.005 / 1000, "LIST": 0.005 / 1000, "GET": 0.0004 / 1000, "DELETE": 0.0}


class CountedS3:
    """Objects in memory, and how many requests of each price there were."""

    def __init__(self):
        self.objects, self.counts = {}, collections.Counter()

    def call(self, method, at, query=None, headers=None, body=b"", **_):
        if "list-type" in (query or {}):
            self.counts["LIST"] += 1
            return Answer(200, {}, "".join(
                "<Contents><Key>%s</Key><LastModified>%s</LastModified><Size>%d</Size></Contents>" % (
                    html.escape(key), support.MODIFIED, len(self.objects[key]))
                for key in sorted(self.objects) if key.startswith(query["prefix"])).encode())
        self.counts[method] += 1
        if method == "PUT":
            self.objects[at.key] = body
        elif method == "DELETE":
            self.objects.pop(at.key)
        return Answer(200, {}, self.objects.get(at.key, b""))

    def dollars(self):
        return sum(PRICES[kind] * count for kind, count in self.counts.items())

    def below(self, part):
        return sorted(key for key in self.objects if part in key)


class Month(support.RootedTest):
    def setUp(self):
        # Tens of thousands of small files are written.
        memory = mock.patch("tempfile.tempdir", "/dev/shm" if os.path.isdir("/dev/shm") else None)
        memory.start()
        self.addCleanup(memory.stop)
        super().setUp()
        self.run_ = self.new_run(store=support.STORE)
        self.s3 = CountedS3()
        self.now = 1000.0
        clock = mock.patch("time.monotonic", lambda: self.now)
        clock.start()
        self.addCleanup(clock.stop)
        session = mock.Mock()
        session.s3.return_value = self.s3
        self.supervisor = RunSupervisor(self.run_, session, lambda: 1)
        self.printed = self.at = 0

    def train(self, seconds, step, save_each=300, lines_a_second=3):
        """A look each `step` seconds."""
        end = self.at + seconds
        while self.at < end:
            with open(self.run_.file("log"), "ab") as file:
                before, self.printed = self.printed, self.printed + lines_a_second * step
                file.write(b"".join(b"%d\n" % number for number in range(before + 1, self.printed + 1)))
            if self.at // save_each != (self.at + step) // save_each:
                self.run_.emit("CheckpointUploaded", "Checkpoint uploaded to S3: s3://bucket/prefix/i-0123456789/step.pt", size=1)
            self.at += step
            self.now += step
            self.supervisor._ship(False)
            self.supervisor._compact()

    def log(self):
        """All numbers that were printed, by the segments in the order of their names."""
        text = b""
        for key in self.s3.below("/log/"):
            begin, end = segments.range_of(os.path.basename(key))
            self.assertEqual(begin, len(text))
            text += gzip.decompress(self.s3.objects[key])
            self.assertEqual(end, len(text))
        return text

    def test_a_month_costs_at_most_ten_cents(self):
        """Some seconds long: it sends a month of log."""
        self.train(3 * HOUR, 2)
        self.train(MONTH - 3 * HOUR, 300)
        self.supervisor._ship(True)
        self.assertLessEqual(self.s3.dollars(), 0.10, self.s3.counts)
        # Read in a few requests: a list of at most 1,000, and some tens of objects.
        self.assertLess(len(self.s3.below("/log/")), 100)
        self.assertLess(len(self.s3.below("/events/")), 150)
        numbers = self.log().split()
        self.assertEqual((self.printed, b"1", b"%d" % self.printed), (len(numbers), numbers[0], numbers[-1]))
        events = [line for key in self.s3.below("/events/") for line in self.s3.objects[key].splitlines()]
        self.assertEqual([event["seq"] for event in self.run_.events()],
                         [int(re.search(rb'"seq":(\d+)', line).group(1)) for line in events])

    def test_the_first_minute_and_a_reader_that_follows_see_lines_within_seconds(self):
        self.train(60, 2)
        self.assertEqual(30, len(self.s3.below("/log/")))
        self.train(4 * HOUR, 100)
        for followed, most in ((False, 1), (True, 29)):
            before = self.s3.counts["PUT"]
            if followed:
                follower.note(self.run_, 60.0)
            self.train(60, 2)
            self.assertGreaterEqual(self.s3.counts["PUT"] - before, most if followed else 0)
            self.assertLessEqual(self.s3.counts["PUT"] - before, 31 if followed else most)

    def test_a_log_that_was_quiet_is_there_with_its_next_line(self):
        self.train(4 * HOUR, 100, save_each=MONTH)
        self.train(600, 100, save_each=MONTH, lines_a_second=0)
        before = self.s3.counts["PUT"]
        self.train(2, 2, save_each=MONTH)
        self.assertEqual(1, self.s3.counts["PUT"] - before)
