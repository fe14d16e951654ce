import json
import os

import support
from runctl_guard.errors import GuardError
from runctl_guard.runs.record import ClaimLost, RunRecord

KEY = "runs/runs/%s/run.json" % support.RUN_ID


class Claims(support.RootedTest):
    def setUp(self):
        super().setUp()
        self.start_s3()
        self.one = self.new_run(store=support.STORE)
        from runctl_guard.aws.session import Session
        self.record = RunRecord.of(self.one, Session())

    def write(self, *attempts):
        body = {"schema": 1, "run_id": self.one.id, "project_name": "project", "created": "", "outcome": None,
                "attempts": [dict({"number": 1, "nonce": "n", "state": "claimed", "instance_id": None}, **one)
                             for one in attempts]}
        self.s3.objects["/bucket/" + KEY] = json.dumps(body).encode()

    def attempts(self):
        return self.s3.json(KEY)["attempts"]

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
        self.record.take(self.one)
        self.assertEqual(["running"], [one["state"] for one in self.attempts()])

    def test_who_writes_in_between_is_not_overwritten(self):
        self.write({})
        meddled = []

        def fail(method, *_):
            if method == "PUT" and not meddled:
                meddled.append(1)
                self.write({"claimed_by": "somebody"})
        self.s3.fail = fail
        self.record.take(self.one)
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
