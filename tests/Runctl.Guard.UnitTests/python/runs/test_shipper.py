import gzip
import json
import os
from unittest import mock

import support
from runctl_guard.aws.session import Session
from runctl_guard.runs import segments, shipper
from runctl_guard.runs.pace import FULL
from runctl_guard.runs.run_log import GAP
from runctl_guard.runs.shipper import Shipper


class Shipments(support.RootedTest):
    def setUp(self):
        super().setUp()
        self.start_s3()
        self.run_ = self.new_run(store=support.STORE)
        self.base = "runs/runs/%s/" % self.run_.id

    def shipper(self):
        return Shipper(Session().s3(self.run_.spec), self.run_)

    def append(self, data):
        with open(self.run_.file("log"), "ab") as file:
            file.write(data)

    def events(self):
        """The numbers of the events by segment."""
        begin = self.base + "events/"
        return {key[len(begin):]: [json.loads(line)["seq"] for line in self.s3.body(key).splitlines()]
                for key in self.s3.keys() if key.startswith(begin)}

    def puts(self):
        return [path.rpartition(self.run_.id)[2] for method, path, _ in self.s3.calls if method == "PUT"]

    def test_events_fill_a_segment_that_is_written_again(self):
        for _ in range(3):
            self.run_.emit("CheckpointUploaded", "x")
            self.shipper().ship()
        self.assertEqual({"1/000000000001.jsonl": [1, 2, 3]}, self.events())
        self.shipper().ship()
        self.assertEqual(3, len(self.puts()))

    def test_a_full_segment_of_events_is_not_written_again(self):
        self.run_.emit("Warning", "x" * shipper.EVENTS)
        self.shipper().ship()
        self.run_.emit("Warning", "y")
        self.shipper().ship()
        self.assertEqual({"1/000000000001.jsonl": [1], "1/000000000002.jsonl": [2]}, self.events())

    def test_each_attempt_has_its_own_events_and_those_of_the_one_before_are_not_sent_again(self):
        self.run_.emit("Warning", "a")
        self.shipper().ship()
        self.run_.update(attempt=2)
        self.run_.emit("Warning", "b")
        self.shipper().ship()
        self.run_.emit("Warning", "c")
        self.shipper().ship()
        self.assertEqual({"1/000000000001.jsonl": [1], "2/000000000002.jsonl": [2, 3]}, self.events())
        self.assertEqual(["/events/1/000000000001.jsonl"] * 2 + ["/events/2/000000000002.jsonl"] * 2, self.puts())

    def test_the_note_of_version_0_1_is_gone_on_from(self):
        self.run_.emit("Warning", "a")
        self.append(b"one\n")
        size = len(support.read(self.run_.file("events.jsonl")))
        with open(self.run_.file("shipped.json"), "w") as file:
            json.dump({"schema": 1, "events": size, "seq": 0, "log": 4}, file)
        self.run_.emit("Warning", "b")
        self.append(b"two\n")
        self.assertTrue(self.shipper().ship())
        self.assertEqual({"1/000000000002.jsonl": [2]}, self.events())
        self.assertEqual(b"two\n", gzip.decompress(self.s3.body(self.base + "log/1/000000000004-000000000008.gz")))

    def test_what_comes_with_every_save_does_not_hurry_and_everything_else_does(self):
        self.shipper().ship()
        self.assertFalse(self.shipper().waiting().urgent)
        self.run_.emit("CheckpointUploaded", "x")
        self.assertFalse(self.shipper().waiting().urgent)
        self.run_.emit("InterruptionDetected", "x")
        self.assertTrue(self.shipper().waiting().urgent)
        self.shipper().ship()
        self.assertFalse(self.shipper().waiting().urgent)

    def test_only_full_segments_go_while_the_rest_waits_for_its_time(self):
        self.append(b"x" * (FULL + 10))
        self.run_.emit("CheckpointUploaded", "x")
        self.assertEqual(FULL + 10, self.shipper().waiting().log)
        self.assertFalse(self.shipper().ship(only_full=True))
        self.assertEqual(["/log/1/000000000000-%012d.gz" % FULL], self.puts())
        self.assertEqual(10, self.shipper().waiting().log)
        self.assertTrue(self.shipper().ship())
        self.assertEqual(0, self.shipper().waiting().log)

    def test_one_sent_again_after_a_crash_holds_the_bytes_of_the_first(self):
        self.append(b"one\n")
        killed = self.shipper()
        with mock.patch.object(killed, "_note", side_effect=KeyboardInterrupt), self.assertRaises(KeyboardInterrupt):
            killed.ship()
        self.append(b"two\n")
        self.shipper().ship()
        self.assertEqual(["/log/1/000000000000-000000000004.gz", "/log/1/000000000000-000000000008.gz"], self.puts())

    def test_a_hole_in_the_log_is_left_out_told_once_and_keeps_the_offsets(self):
        log, far = self.run_.file("log"), 1 << 40
        self.append(b"one\n")
        os.truncate(log, far)
        self.append(b"two\n")
        os.truncate(log, 2 * far)
        self.assertTrue(self.shipper().ship())
        self.assertEqual(0, self.shipper().waiting().log)
        sent = [name for name in self.puts() if name.startswith("/log/")]
        self.assertLess(len(sent), 5)
        found = dict(self.unpacked(sent))
        self.assertEqual(b"one\n", found[0].rstrip(b"\0"))
        self.assertEqual([far], [start + data.index(b"two\n") for start, data in found.items() if b"two" in data])
        self.assertEqual(["LogGap"], [event["data"]["id"] for event in self.run_.events()])
        self.append(b"three\n")
        self.assertTrue(self.shipper().ship())
        self.assertEqual("/log/1/%012d-%012d.gz" % (2 * far, 2 * far + 6), self.puts()[-1])

    def test_single_bytes_between_holes_cost_few_requests_and_the_end_of_the_log_comes(self):
        self.ship_sparse(2 * GAP)

    def test_single_bytes_between_holes_that_count_as_content_cost_few_requests_too(self):
        self.ship_sparse(GAP // 2)

    def ship_sparse(self, apart):
        self.append(b"".join(b"line %d\n" % number for number in range(100)))
        for number in range(300):
            os.truncate(self.run_.file("log"), os.path.getsize(self.run_.file("log")) + apart)
            self.append(b"%d\n" % number)
        self.append(b"the end\n")
        self.assertTrue(self.shipper().ship())
        sent = [name for name in self.puts() if name.startswith("/log/")]
        self.assertLess(len(sent), 15)
        data = b"".join(data for _, data in sorted(self.unpacked(sent)))
        self.assertIn(b"line 99\n", data)
        self.assertTrue(data.endswith(b"299\nthe end\n"))
        self.assertEqual(["LogGap"], [event["data"]["id"] for event in self.run_.events()])
        # It goes on so for as long as the file grows, and what was written in full is not left out.
        os.truncate(self.run_.file("log"), os.path.getsize(self.run_.file("log")) + 20 * apart)
        self.append(b"more\n")
        before = len(self.puts())
        self.assertFalse(self.shipper().ship(only_full=True))
        self.assertEqual(before, len(self.puts()))
        text = os.urandom(2 * FULL)
        self.append(text)
        self.assertTrue(self.shipper().ship())
        sent = [name for name in self.puts()[before:] if name.startswith("/log/")]
        self.assertLess(len(sent), 5)
        self.assertIn(text, b"".join(data for _, data in sorted(self.unpacked(sent))))

    def unpacked(self, names):
        for name in names:
            start, end = segments.range_of(name.rpartition("/")[2])
            data = gzip.decompress(self.s3.body(self.base + name[1:]))
            self.assertEqual(end - start, len(data))
            yield start, data

    def test_zeros_that_were_written_and_short_holes_are_content(self):
        os.truncate(self.run_.file("log"), FULL - 4096)
        self.append(b"one\n" + bytes(FULL))
        self.assertTrue(self.shipper().ship())
        data = b"".join(data for _, data in sorted(self.unpacked(self.puts())))
        self.assertEqual(bytes(FULL - 4096) + b"one\n" + bytes(FULL), data)
        self.assertEqual([], self.run_.events())
