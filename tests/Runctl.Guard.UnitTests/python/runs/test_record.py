import contextlib
import io
import json
import os
from unittest import mock

import support
from runctl_guard.aws import connections
from runctl_guard.aws.s3 import S3Error
from runctl_guard.errors import GuardError
from runctl_guard.runs import record
from runctl_guard.runs.journal import Journal
from runctl_guard.runs.record import ClaimLost, Patience, RunRecord, patiently
from runctl_guard.system.backoff import Backoff

KEY = "runs/runs/%s/run.json" % support.RUN_ID


class WithRecord(support.RootedTest):
    def setUp(self):
        super().setUp()
        self.start_s3()
        self.one = self.new_run(store=support.STORE)
        from runctl_guard.aws.session import Session
        self.session = Session()
        self.record = RunRecord.of(self.one, self.session)

    def write(self, *attempts):
        body = {"schema": 1, "run_id": self.one.id, "project_name": "project", "created": "", "outcome": None,
                "attempts": [dict({"number": 1, "nonce": "n", "state": "claimed", "instance_id": None}, **one)
                             for one in attempts]}
        self.s3.objects["/bucket/" + KEY] = json.dumps(body).encode()

    def attempts(self):
        return self.s3.json(KEY)["attempts"]


class Claims(WithRecord):
    def test_our_claim_becomes_running(self):
        self.write({})
        self.record.take(self.one)
        self.assertEqual(("running", os.uname().nodename), (self.attempts()[0]["state"], self.attempts()[0]["instance_id"]))

    def test_another_nonce_has_won(self):
        self.write({"nonce": "theirs"})
        with self.assertRaises(ClaimLost):
            self.record.take(self.one)

    def test_a_later_attempt_has_the_run(self):
        self.write({}, {"number": 2, "nonce": "theirs"})
        with self.assertRaises(ClaimLost):
            self.record.take(self.one)

    def test_a_lost_answer_is_read_back_and_was_a_win(self):
        self.write({})
        lost = []
        self.s3.fail = lambda method, *_: "drop" if method == "PUT" and not lost and not lost.append(1) else None
        patiently(lambda: self.record.take(self.one))
        self.assertEqual(["running"], [one["state"] for one in self.attempts()])

    def test_who_writes_in_between_is_not_overwritten(self):
        self.write({})
        meddled = []

        def fail(method, *_):
            if method == "PUT" and not meddled:
                meddled.append(1)
                self.write({"claimed_by": "somebody"})
        self.s3.fail = fail
        patiently(lambda: self.record.take(self.one))
        self.assertEqual(("running", "somebody"), (self.attempts()[0]["state"], self.attempts()[0]["claimed_by"]))

    def test_the_end_is_written_without_touching_a_later_attempt(self):
        self.write({"state": "running"}, {"number": 2, "nonce": "theirs"})
        self.one.update(state="interrupted")
        self.record.settle(self.one)
        self.assertEqual(["interrupted", "claimed"], [one["state"] for one in self.attempts()])
        self.assertIsNone(self.s3.json(KEY)["outcome"])

    def test_only_one_of_two_gets_the_next_attempt(self):
        self.write({"state": "interrupted"})
        self.assertEqual(2, self.record.next_claim("mine", "guard"))
        self.assertEqual(2, self.record.next_claim("mine", "guard"))
        with self.assertRaises(GuardError):
            self.record.next_claim("theirs", "guard")

    def refused(self):
        with self.assertRaises(GuardError) as caught:
            self.record.next_claim("mine", "guard")
        return caught.exception.id

    def test_attempts_that_never_started_are_passed_over(self):
        for states in (["failed"], ["failed", "failed"], ["lost", "failed"], ["claimed", "failed"]):
            self.write({"state": "interrupted"}, *[{"number": 2 + index, "nonce": "theirs", "state": state, "started": None}
                                                   for index, state in enumerate(states)])
            for _ in range(2):
                self.assertEqual(2 + len(states), self.record.next_claim("mine", "guard"))
            self.assertEqual(("mine", "claimed"), tuple(self.attempts()[-1][name] for name in ("nonce", "state")))

    def test_anothers_claim_stands_until_it_is_given_up_or_runs(self):
        self.write({"state": "interrupted"}, {"number": 2, "nonce": "theirs", "state": "claimed", "started": None})
        self.assertEqual("ClaimStands", self.refused())
        self.write({"state": "interrupted"}, {"number": 2, "state": "failed"}, {"number": 3, "nonce": "theirs"})
        self.assertEqual("ClaimStands", self.refused())
        self.assertEqual(3, len(self.attempts()))

    def test_who_has_started_has_the_run(self):
        for one in ({"state": "running"}, {"state": "failed"}, {"state": "lost"}):
            for later in ([], [{"number": 3, "state": "failed"}], [{"number": 3}]):
                self.write({}, dict(one, number=2, nonce="theirs", started="2026-01-31T12:00:00Z"), *later)
                self.assertEqual("ClaimLost", self.refused())
        for state in ("finished", "stopped", "interrupted"):
            self.write({}, {"number": 2, "nonce": "theirs", "state": state, "started": None})
            self.assertEqual("ClaimLost", self.refused())


DAMAGED = (b"", b"x", b"\xff\xfe", b"[]", b"null", b"5", b'{"attempts":null}', b'{"attempts":{}}', b'{"attempts":[]}', b'{"attempts":[5]}',
           b'{"attempts":[{"number":1}]}', b'{"attempts":[{"number":true,"nonce":"n","state":"running"}]}',
           b'{"attempts":[{"number":"1","nonce":"n","state":"running"}]}',
           b'{"attempts":[{"number":1,"nonce":"n","state":"running","checkpoint":"x"}]}',
           b'{"attempts":[{"number":1,"nonce":"n","state":"running","checkpoint":{"manifest":[]}}]}',
           b'{"attempts":' + b"[" * 20000 + b"]" * 20000 + b"}",
           b'{"attempts":[{"number":1,"nonce":"n","state":"running","x":' + b"[" * 100 + b"]" * 100 + b"}]}")


class Damaged(WithRecord):
    def test_a_record_that_is_none_any_more_is_one_error_to_all_and_stays_as_it_is(self):
        for body in DAMAGED:
            self.s3.objects["/bucket/" + KEY] = body
            for act in (self.record.read, lambda: self.record.take(self.one), lambda: self.record.settle(self.one),
                        lambda: self.record.next_claim("mine", "guard")):
                with self.assertRaises(GuardError, msg=body[:60]) as caught:
                    act()
                self.assertEqual("RecordDamaged", caught.exception.id)
                self.assertIn("s3://bucket/" + KEY, caught.exception.message)
            self.assertEqual(body, self.s3.body(KEY))

    def test_one_that_is_too_large_to_be_read_is_none_either(self):
        self.write({})
        with mock.patch.object(connections, "LARGEST", 10), self.assertRaises(GuardError) as caught:
            self.record.take(self.one)
        self.assertEqual("RecordDamaged", caught.exception.id)

    def test_it_is_told_once_an_attempt_and_stops_nothing(self):
        self.s3.objects["/bucket/" + KEY] = b"[]"
        for _ in range(3):
            record.settle(self.one, self.session)
        self.assertEqual(["RecordDamaged"], [event["data"]["id"] for event in self.one.events()])

    def test_what_only_the_index_stumbles_over_is_left_out_of_it(self):
        self.write({"state": "running", "instance_type": "\ud800"})
        with contextlib.redirect_stderr(io.StringIO()):
            self.one.update(state="finished")
            self.record.settle(self.one)
        self.assertEqual("finished", self.attempts()[0]["state"])


def failure(status, passing=False):
    error = S3Error(status, "", "", "s3://bucket/key")
    error.passing = passing
    return error


class Clock:
    """Stands still, except for pauses."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


class Patiences(support.RootedTest):
    def setUp(self):
        super().setUp()
        self.clock = Clock()
        self.patience = Patience(Backoff(seconds=60.0, clock=self.clock.monotonic, chance=lambda low, high: high))

    def pause(self, *error):
        pause = self.patience.pause(failure(*error))
        self.clock.sleep(pause or 0.0)
        return pause

    def test_a_conflict_is_tried_again_at_once_and_after_a_few_in_a_row_with_pauses(self):
        for status in (409, 412, 412, 409, 412):
            self.assertEqual(0.0, self.pause(status))
        self.assertEqual([0.2, 0.4], [self.pause(412), self.pause(412)])

    def test_another_failure_between_conflicts_begins_their_count_anew(self):
        for _ in range(4):
            self.assertEqual(0.0, self.pause(412))
        self.assertEqual(0.2, self.pause(503, True))
        self.assertEqual([0.0] * 5, [self.pause(412) for _ in range(5)])

    def test_throttling_and_lost_answers_are_waited_out_for_a_minute_and_no_longer(self):
        tries = 0
        while self.pause(503 if tries % 2 else 0, True) is not None:
            tries += 1
        self.assertAlmostEqual(60.0, self.clock.now)
        self.assertTrue(10 < tries < 20, tries)

    def test_conflicts_without_end_end_with_the_time_too(self):
        tries = 0
        while self.pause(412) is not None:
            tries += 1
            self.assertLess(tries, 100)
        self.assertAlmostEqual(60.0, self.clock.now)

    def test_what_stays_wrong_is_not_tried_again(self):
        for status in (400, 403, 404):
            self.assertIsNone(self.pause(status))


class Busy(WithRecord):
    """S3 cannot take the record for a while; the clock passes by the pauses alone."""

    def setUp(self):
        super().setUp()
        self.clock = Clock()
        whole = Backoff.__init__
        for place, name, value in (
                (record, "time", self.clock),
                (Backoff, "__init__", lambda backoff, **how: whole(backoff, clock=self.clock.monotonic, **how))):
            patch = mock.patch.object(place, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        self.write({})
        self.puts = 0

    def busy_until(self, seconds, fault=(503, "SlowDown")):
        def fail(method, path, query):
            self.puts += method == "PUT"
            return fault if self.clock.now < seconds else None
        self.s3.fail = fail

    def test_half_a_minute_of_throttling_costs_no_start(self):
        self.busy_until(30)
        patiently(lambda: self.record.take(self.one))
        self.assertEqual("running", self.attempts()[0]["state"])

    def test_reads_that_fail_are_waited_out_alike(self):
        for fault in ((503, "SlowDown"), (500, "InternalError"), (429, "TooManyRequests"), "drop", (400, "ExpiredToken")):
            self.clock.now = 0.0
            self.write({})
            self.busy_until(10, fault)
            patiently(lambda: self.record.take(self.one))
            self.assertEqual("running", self.attempts()[0]["state"], fault)

    def test_more_than_a_minute_is_a_failure_in_the_words_of_S3(self):
        self.busy_until(1000)
        with self.assertRaises(S3Error) as caught:
            patiently(lambda: self.record.take(self.one))
        self.assertEqual("SlowDown", caught.exception.code)
        self.assertAlmostEqual(record.PATIENCE_SECONDS, self.clock.now)

    def test_with_a_deadline_a_change_gives_up_soon_and_pauses_are_short(self):
        self.busy_until(1000)
        Journal(self.one).write("begin", deadline=100.0, time=None)
        with self.assertRaises(S3Error):
            self.record.settle(self.one)
        self.assertAlmostEqual(record.PRESSED_SECONDS, self.clock.now)

    def test_without_one_the_end_is_tried_for_a_minute(self):
        self.busy_until(1000)
        with self.assertRaises(S3Error):
            self.record.settle(self.one)
        self.assertAlmostEqual(record.PATIENCE_SECONDS, self.clock.now)

    def test_a_claim_is_tried_once_while_a_lock_is_held(self):
        self.busy_until(1000, "drop")
        with self.assertRaises(S3Error):
            self.record.take(self.one)
        self.assertEqual(1, len(self.s3.calls))
