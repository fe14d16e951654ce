"""What a run costs in requests to S3: each is counted, on a clock that is turned by hand. docs/costs.md has the figures."""
import collections
import gzip
import html
import os
import re
import unittest
from unittest import mock

import support
from checkpoints.saved import Saved
from runctl_guard.aws.connections import Answer
from runctl_guard.aws.part_queue import MINIMUM_PART, plan
from runctl_guard.guard import completion
from runctl_guard.guard.supervisor import RunSupervisor
from runctl_guard.checkpoints.mirror import Mirror
from runctl_guard.runs import follower, segments
from runctl_guard.runs.record import RunRecord

HOUR = 3600
MONTH = 30 * 24 * HOUR
# US dollars a request, S3 Standard in us-east-1. A DELETE costs nothing, and a HEAD as much as a GET.
PRICES = {"PUT": 0.005 / 1000, "LIST": 0.005 / 1000, "GET": 0.0004 / 1000, "DELETE": 0.0}
PAGE = os.path.join(support.PROGRAM, "..", "..", "docs", "costs.md")


def dollars(counts):
    return sum(PRICES[kind] * count for kind, count in counts.items())


def row(what, counts):
    return "| %s | %s | %s |" % (what, " | ".join("{:,}".format(counts[kind]) for kind in ("PUT", "LIST", "GET")),
                                 "{:.6f}".format(dollars(counts)).rstrip("0"))


def rows():
    """The counts of the page by what they are of."""
    found = {}
    for line in support.read(PAGE).splitlines():
        fields = [field.strip() for field in line.strip("|").split("|")]
        if len(fields) == 5 and re.match("[0-9,]+$", fields[1]):
            counts = [int(field.replace(",", "")) for field in fields[1:4]]
            found[fields[0]] = collections.Counter(dict(zip(("PUT", "LIST", "GET"), counts)))
    return found


class Costs(unittest.TestCase):
    def test_the_month_is_the_sum_of_its_parts(self):
        """The parts are counted by the other tests of the page, in Python and in C#."""
        known = rows()
        parts = {"an attempt that starts and ends on an instance": 1,
                 "a save of three small files, and the deletion of the sixth": 8640,
                 "a file of 100 MiB instead of a small one": 2 * 8640,
                 "a month of log and events, a save every 5 minutes": 1,
                 "an hour in which the log is followed: the guard": 10,
                 "an hour in which the log is followed: the reader": 10,
                 "`Get-RunctlTraining RUN`": 100,
                 "`Get-RunctlTrainingLog -All` of a month of log": 4}
        counts = sum((collections.Counter({kind: count * times for kind, count in known[part].items()})
                      for part, times in parts.items()), collections.Counter())
        self.assertIn(row("**the month**", counts), support.read(PAGE))

    def test_the_log_of_a_month_costs_at_most_ten_cents_by_the_page(self):
        self.assertLessEqual(dollars(rows()["a month of log and events, a save every 5 minutes"]), 0.10)

    def test_a_large_file_goes_in_parts(self):
        size = 100 << 20
        self.assertGreater(size, MINIMUM_PART)
        # One more to begin and one to end, in place of the one that a small file takes.
        self.assertIn(row("a file of 100 MiB instead of a small one", collections.Counter(PUT=len(plan(size)) + 2 - 1)),
                      support.read(PAGE))


class Saves(Saved):
    def counted(self):
        counts = collections.Counter()
        for method, _, query in self.s3.calls:
            kind = "LIST" if "list-type" in query else {"HEAD": "GET", "POST": "PUT"}.get(method, method)
            counts[kind] += 1
        del self.s3.calls[:]
        return counts

    def test_a_save_and_what_it_takes_out_of_S3(self):
        run = self.started(keep_last_n=5)
        RunRecord.of(run, self.session).take(run)
        mirror = Mirror(run, self.session)
        for number in range(1, 9):
            self.counted()
            for name in os.listdir(self.checkpoints):
                os.unlink(os.path.join(self.checkpoints, name))
            self.write("model_%d.pt" % number, "optimizer_%d.pt" % number)
            self.write("state_%d.json" % number, data=b"{}")
            self.look()
            while not any(event["kind"] == "CheckpointUploaded" for event in run.events()[number - 1:]):
                mirror.look()
                self.uploads_end(mirror)
        counts = self.counted()
        # A manifest and three objects are deleted.
        self.assertEqual(4, counts["DELETE"])
        self.assertIn(row("a save of three small files, and the deletion of the sixth", counts), support.read(PAGE))

    def test_an_attempt(self):
        run = self.started()
        self.counted()
        RunRecord.of(run, self.session).take(run)
        run.emit("TrainingStarted", "Training started")
        with open(run.file("log"), "wb") as file:
            file.write(b"one\n")
        run.emit("TrainingFinished", "Training finished")
        run.update(state="finished")
        completion.settle(run, self.session)
        self.assertIn(row("an attempt that starts and ends on an instance", self.counted()), support.read(PAGE))

    def uploads_end(self, mirror):
        for job, _ in mirror._jobs:
            job.wait(60)


class CountedS3:
    """Objects in memory, and how many requests of each price there were."""

    def __init__(self):
        self.objects, self.counts = {}, collections.Counter()

    def call(self, method, at, query=None, headers=None, body=b"", **_):
        if "list-type" in (query or {}):
            self.counts["LIST"] += 1
            text = "".join("<Contents><Key>%s</Key><LastModified>%s</LastModified><Size>%d</Size></Contents>" % (
                html.escape(key), support.MODIFIED, len(self.objects[key]))
                for key in sorted(self.objects) if key.startswith(query["prefix"]))
            return Answer(200, {}, ("<ListBucketResult>%s</ListBucketResult>" % text).encode())
        self.counts[method] += 1
        if method == "PUT":
            self.objects[at.key] = body
        elif method == "DELETE":
            self.objects.pop(at.key)
        return Answer(200, {}, self.objects.get(at.key, b""))

    def counted(self):
        counts, self.counts = self.counts, collections.Counter()
        return counts

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
        counts = self.s3.counted()
        self.assertLessEqual(dollars(counts), 0.10, counts)
        self.assertIn(row("a month of log and events, a save every 5 minutes", counts), support.read(PAGE))
        # Read in a few requests: a list of at most 1,000, and some tens of objects.
        self.assertLess(len(self.s3.below("/log/")), 100)
        self.assertLess(len(self.s3.below("/events/")), 150)
        numbers = self.log().split()
        self.assertEqual((self.printed, b"1", b"%d" % self.printed), (len(numbers), numbers[0], numbers[-1]))
        events = [line for key in self.s3.below("/events/") for line in self.s3.objects[key].splitlines()]
        self.assertEqual([event["seq"] for event in self.run_.events()],
                         [int(re.search(rb'"seq":(\d+)', line).group(1)) for line in events])

    def test_an_hour_in_which_a_reader_follows(self):
        self.train(4 * HOUR, 100)
        self.s3.counted()
        for _ in range(60):
            follower.note(self.run_, 300.0)
            self.train(60, 2)
        self.assertIn(row("an hour in which the log is followed: the guard", self.s3.counted()), support.read(PAGE))

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
