import contextlib
import gzip
import io
import random
import unittest

import support
from runctl_guard.aws.session import Session
from runctl_guard.runs import compaction, segments
from runctl_guard.runs.compaction import Compaction, plan
from runctl_guard.runs.segments import Segment
from runctl_guard.system.clock import parse_utc

MIB = 1 << 20


def of(start, end, size=100):
    return Segment(start, end, size, 0.0)


class Parts(unittest.TestCase):
    def test_a_part_is_what_gzip_unpacks(self):
        body = segments.part_of(b"one\n") + segments.part_of(b"two\n")
        self.assertEqual(b"one\ntwo\n", gzip.decompress(body))
        self.assertEqual(8, segments.length_of(body))

    def test_its_header_is_as_sessions_read_it(self):
        part = segments.stamped(segments.part_of(b"one\n"), 0x01020304)
        self.assertEqual(bytes.fromhex("1f8b0804 04030201 00ff 0800 524c 0400") + len(part).to_bytes(4, "little"), part[:20])
        self.assertEqual((4).to_bytes(4, "little"), part[-4:])

    def test_the_time_is_filled_in_once(self):
        first = segments.stamped(segments.part_of(b"one\n"), 1000.0)
        both = segments.stamped(first + segments.part_of(b"two\n"), 2000.0)
        self.assertEqual([(4, 1000), (4, 2000)], [part[2:] for part in segments.parts(both)])
        self.assertEqual(b"one\ntwo\n", gzip.decompress(both))

    def test_anything_else_is_refused(self):
        part = segments.part_of(b"one\n")
        for body in (gzip.compress(b"one\n"), part[:-1], part + b"x", b"\0" * 100, part[:16] + b"\0\0\0\0" + part[20:],
                     part[:16] + b"\xff\xff\xff\xff" + part[20:]):
            with self.assertRaises(ValueError):
                segments.length_of(body)

    def test_a_name_tells_both_ends(self):
        self.assertEqual((0, 20), segments.range_of(segments.name_of(0, 20)))
        for name in ("000000000000.gz", "000000000020-000000000020.gz", "0-20.gz", "000000000000-000000000020.gz.x", ""):
            self.assertIsNone(segments.range_of(name), name)


class Plans(unittest.TestCase):
    def test_neighbours_become_one(self):
        known = [of(20, 30), of(0, 10), of(10, 20)]
        self.assertEqual([[of(0, 10), of(10, 20), of(20, 30)]], plan(known).merged)

    def test_one_alone_stays(self):
        self.assertEqual(([], []), plan([of(0, 10)]))

    def test_what_lies_apart_stays_apart(self):
        self.assertEqual([[of(0, 10), of(10, 20)]], plan([of(0, 10), of(10, 20), of(25, 30)]).merged)

    def test_none_grows_beyond_what_fits_into_memory(self):
        large = compaction.LARGEST // 2 + 1
        self.assertEqual([], plan([of(0, 10, large), of(10, 20, large)]).merged)
        self.assertEqual([], plan([of(0, 10 * MIB), of(10 * MIB, 20 * MIB)]).merged)
        self.assertEqual([[of(10, 20, large), of(20, 30)]], plan([of(0, 10, large), of(10, 20, large), of(20, 30)]).merged)

    def test_what_lies_inside_another_is_not_merged_and_goes(self):
        planned = plan([of(0, 30), of(0, 10), of(10, 20), of(20, 30), of(30, 40)])
        self.assertEqual([[of(0, 30), of(30, 40)]], planned.merged)
        self.assertEqual([(of(0, 30), [of(0, 10), of(10, 20), of(20, 30)])], planned.held)

    def test_what_overlaps_in_part_stays(self):
        self.assertEqual(([], []), plan([of(0, 10), of(5, 20)]))

    def test_a_month_is_few_segments(self):
        """Step by step, as while it is written: a day of 288 segments of 15 KB."""
        known = []
        for number in range(30 * 288):
            known.append(of(number * 90000, (number + 1) * 90000, 15000))
            if len(known) > 200 or number == 30 * 288 - 1:
                for group in plan(known).merged:
                    known = [one for one in known if one not in group]
                    known.append(of(group[0].start, group[-1].end, sum(one.size for one in group)))
        self.assertLess(len(known), 60)


class Compactions(support.RootedTest):
    def setUp(self):
        super().setUp()
        self.start_s3()
        self.run_ = self.new_run(store=support.STORE)
        self.base = "/bucket/runs/runs/%s/log/1/" % self.run_.id
        self.text = b""

    def put(self, data, taken=support.MODIFIED):
        path = self.base + segments.name_of(len(self.text), len(self.text) + len(data))
        self.s3.objects[path], self.s3.modified[path] = segments.part_of(data), taken
        self.text += data

    def put_lines(self, count):
        for number in range(count):
            self.put(b"line %d\n" % number)

    def compact(self, **more):
        return Compaction(Session().s3(self.run_.spec), self.run_, 1, **more).run()

    def names(self):
        return sorted(path[len(self.base):] for path in self.s3.objects if path.startswith(self.base))

    def whole(self):
        """What a reader finds: the segment that reaches furthest, from each offset on."""
        text = b""
        while True:
            found = [(end, name) for name in self.names() for begin, end in [segments.range_of(name)] if begin <= len(text) < end]
            if not found:
                return text
            end, name = max(found)
            text += gzip.decompress(self.s3.objects[self.base + name])[len(text) - end:]

    def calls(self, method):
        return [path for called, path, _ in self.s3.calls if called == method]

    def test_small_segments_become_one_with_the_times_of_its_parts(self):
        self.put(b"one\n", "2026-01-31T12:00:00.000Z")
        self.put(b"two\n", "2026-01-31T12:05:00.000Z")
        self.assertTrue(self.compact())
        self.assertEqual([segments.name_of(0, 8)], self.names())
        body = self.s3.objects[self.base + segments.name_of(0, 8)]
        self.assertEqual(self.text, gzip.decompress(body))
        self.put(b"three\n", "2026-01-31T12:10:00.000Z")
        self.compact()
        body = self.s3.objects[self.base + self.names()[0]]
        self.assertEqual([parse_utc("2026-01-31T12:%02d:00Z" % minute) for minute in (0, 5, 10)],
                         [part[3] for part in segments.parts(body)])

    def test_nothing_to_do_is_one_list(self):
        self.put(b"one\n")
        self.compact()
        self.assertEqual(1, len(self.s3.calls))

    def test_none_goes_before_the_large_one_was_read_back(self):
        self.put_lines(3)
        self.compact()
        methods = [method for method, _, _ in self.s3.calls]
        self.assertEqual(["GET"] * 4 + ["PUT", "GET"] + ["DELETE"] * 3, methods)
        self.assertEqual(sorted(self.calls("DELETE")), self.calls("DELETE"))

    def test_a_large_one_that_S3_holds_otherwise_costs_no_small_one(self):
        self.put_lines(3)
        large = self.base + segments.name_of(0, len(self.text))

        def damaged(method, path, query):
            if method == "GET" and path == large:
                self.s3.objects[path] = b"damaged"
        self.s3.fail = damaged
        with self.assertRaises(Exception):
            self.compact()
        self.assertEqual([], self.calls("DELETE"))
        self.assertEqual(4, len(self.names()))

    def test_killed_at_any_step_no_byte_is_lost_and_the_next_one_ends_it(self):
        steps = 0
        while True:
            self.s3.objects.clear()
            del self.s3.calls[:]
            self.text = b""
            self.put_lines(5)
            left = [steps]

            def killed(method, path, query):
                left[0] -= 1
                return "drop" if left[0] < 0 else None
            self.s3.fail = killed
            died = False
            try:
                self.compact(attempts=1)
            except Exception:
                died = True
            self.s3.fail = lambda *_: None
            self.assertEqual(self.text, self.whole(), steps)
            self.put(b"and more\n")
            self.compact()
            self.assertEqual(self.text, self.whole(), steps)
            self.assertEqual([segments.name_of(0, len(self.text))], self.names() if self.compact() else None, steps)
            if not died:
                break
            steps += 1
        # One list, a read of each, the large one written and read, and each deleted.
        self.assertEqual(1 + 5 + 2 + 5, steps)

    def test_what_a_killed_one_left_goes_only_if_the_large_one_has_its_bytes(self):
        self.put_lines(2)
        large = self.base + segments.name_of(0, len(self.text))
        self.s3.objects[large] = segments.part_of(b"x" * len(self.text))
        with contextlib.redirect_stderr(io.StringIO()) as told:
            self.compact()
        self.assertIn("does not hold what", told.getvalue())
        self.assertEqual(3, len(self.names()))

    def test_what_is_no_segment_of_ours_stays_and_the_rest_is_put_together(self):
        self.put_lines(2)
        self.s3.objects[self.base + "readme.txt"] = b"x"
        self.s3.objects[self.base + "000000001000.gz"] = gzip.compress(b"of version 0.1")
        for begin in (5000, 5010):
            self.s3.objects[self.base + segments.name_of(begin, begin + 10)] = gzip.compress(b"0123456789")
        with contextlib.redirect_stderr(io.StringIO()):
            self.compact()
        self.assertEqual(sorted(["readme.txt", "000000001000.gz", segments.name_of(0, len(self.text)),
                                 segments.name_of(5000, 5010), segments.name_of(5010, 5020)]), self.names())

    def test_a_role_that_may_not_delete_is_told_once_and_costs_little(self):
        self.put_lines(3)
        self.s3.fail = lambda method, path, query: 403 if method == "DELETE" else None
        self.assertTrue(self.compact())
        tried = len(self.s3.calls)
        self.assertTrue(self.compact())
        # A list, the large segment, the first small one, and that it may not go.
        self.assertEqual(tried + 4, len(self.s3.calls))
        self.assertEqual(["CompactionFailed"], [event["data"]["id"] for event in self.run_.events()])
        self.assertEqual(self.text, self.whole())

    def test_an_interruption_cancels_it_between_two_segments(self):
        self.put_lines(5)
        asked = []

        def cancelled():
            asked.append(1)
            return len(asked) > 3
        self.compact(cancelled=cancelled)
        self.assertEqual([], self.calls("PUT"))
        self.assertEqual(self.text, self.whole())

    def test_read_at_any_moment_each_byte_is_there(self):
        """Before every request of a compaction all that was shipped is found."""
        seed, lacking = random.Random(13), []

        def look(method, path, query):
            if self.whole() != self.text:
                lacking.append(method)
        for _ in range(20):
            self.put_lines(seed.randint(1, 8))
            self.s3.fail = look
            self.compact()
            self.s3.fail = lambda *_: None
        self.assertEqual([], lacking)
        self.assertEqual([segments.name_of(0, len(self.text))], self.names())
