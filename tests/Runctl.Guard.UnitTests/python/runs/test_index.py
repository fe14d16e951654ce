import base64
import contextlib
import io
import json
import zlib

import support
from runctl_guard.runs import index
from runctl_guard.runs.record import RunRecord

KEY = "runs/runs/%s/run.json" % support.RUN_ID
CREATED = "2026-01-31T12:00:00.500Z"
ABOVE = "runs/index/%d-%s/" % (9999999999 - 1769860800, support.RUN_ID)


def unpack(key):
    packed = key.partition("~")[2]
    return json.loads(zlib.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)), -15).decode("utf-8"))


class Entries(support.RootedTest):
    def setUp(self):
        super().setUp()
        self.start_s3()
        self.one = self.new_run(store=support.STORE)
        from runctl_guard.aws.session import Session
        self.record = RunRecord.of(self.one, Session())

    def write(self, *attempts):
        body = {"schema": 1, "run_id": self.one.id, "project_name": "project", "created": CREATED, "outcome": None,
                "attempts": [dict({"number": 1, "nonce": "n", "state": "claimed", "instance_id": None, "claimed_by": "laptop"},
                                  **one) for one in attempts]}
        self.s3.objects["/bucket/" + KEY] = json.dumps(body).encode()

    def entries(self):
        return sorted(key[len("/bucket/"):] for key in self.s3.objects if key.startswith("/bucket/runs/index/"))

    def refuse_index(self):
        self.s3.fail = lambda method, path, *_: 403 if method == "PUT" and "/index/" in path else None

    def settle(self, **state):
        self.one.update(**state)
        self.record.settle(self.one)

    def test_the_guard_writes_the_end_beside_the_record_once(self):
        self.write({"state": "running", "instance_type": "g5.xlarge", "availability_zone": "us-east-1a", "is_spot": True})
        for _ in range(2):
            self.settle(state="finished", exit_code=0, ended=CREATED)
        (key,) = self.entries()
        self.assertTrue(key.startswith(ABOVE + "0001-1~"), key)
        shown = unpack(key)
        self.assertEqual({"number": 1, "state": "finished", "instance_type": "g5.xlarge", "is_spot": True, "exit_code": 0,
                          "ended": CREATED, "script": "train.py", "project_name": "project"},
                         {name: shown.get(name) for name in ("number", "state", "instance_type", "is_spot", "exit_code",
                                                             "ended", "script", "project_name")})
        self.assertEqual(b"", self.s3.objects["/bucket/" + key])
        self.assertNotIn("nonce", shown)

    def test_what_reached_s3_late_is_a_second_entry(self):
        self.write({"state": "running"})
        self.settle(state="interrupted", unsaved="epoch_11.pt")
        self.settle(unsaved=None)
        self.assertEqual(["epoch_11.pt", None], sorted((unpack(key).get("unsaved") for key in self.entries()), key=str,
                                                       reverse=True))

    def test_a_training_that_runs_needs_no_entry_of_the_guard_if_a_session_claimed_it(self):
        self.write({})
        self.record.take(self.one)
        self.settle(state="running")
        self.assertEqual([], self.entries())

    def test_an_attempt_that_no_session_claimed_is_entered_once_when_it_begins(self):
        for claimed_by in (None, "guard on i-1"):
            with self.subTest(claimed_by):
                self.s3.objects.clear()
                self.one.update(indexed=None)
                self.write({"claimed_by": claimed_by})
                self.record.take(self.one)
                self.settle(state="running", checkpoint={"name": "epoch_1.pt", "manifest": "s3://b/k", "step": 1})
                self.assertEqual([ABOVE + "0001-0"], [key.partition("~")[0] for key in self.entries()])

    def test_an_index_that_cannot_be_written_does_not_keep_the_record_from_being_written_and_is_tried_again(self):
        self.write({"state": "running"})
        self.refuse_index()
        with contextlib.redirect_stderr(io.StringIO()) as log:
            self.settle(state="finished")
        self.assertEqual(("finished", []), (self.s3.json(KEY)["attempts"][0]["state"], self.entries()))
        self.assertIn("index", log.getvalue())
        self.s3.fail = lambda *_: None
        self.record.settle(self.one)
        self.assertEqual(1, len(self.entries()))

    def test_another_claim_of_the_same_number_is_not_ours_to_enter(self):
        self.write({"nonce": "theirs", "state": "running"})
        self.settle(state="finished")
        self.assertEqual([], self.entries())


class Names(support.RootedTest):
    def key(self, attempt, **record):
        spec = self.spec(store=support.STORE)
        return index.key_of(spec, dict({"created": CREATED, "project_name": "project"}, **record),
                            dict({"number": 1, "state": "finished"}, **attempt))

    def test_names_sort_newest_run_first_and_an_end_after_its_beginning(self):
        keys = [self.key({}, created="2026-02-01T00:00:00.000Z"), self.key({"state": "running"}), self.key({}),
                self.key({"number": 2, "state": "claimed"}), self.key({}, created="")]
        self.assertEqual(keys, sorted(keys))

    def test_what_would_be_too_long_is_left_out_and_said_so(self):
        short, long = self.key({"unsaved": "a"}), self.key({"unsaved": "".join(chr(0x4e00 + i * 7) for i in range(900))})
        self.assertNotIn("cut", unpack(short))
        self.assertEqual({"number": 1, "state": "finished", "cut": True}, unpack(long))
        self.assertLessEqual(len(long), 1024)
