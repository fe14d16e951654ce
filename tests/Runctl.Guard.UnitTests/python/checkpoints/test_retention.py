import json
import os

import support
from runctl_guard.aws.session import Session
from runctl_guard.checkpoints import retention
from runctl_guard.checkpoints.discovery import scan
from runctl_guard.checkpoints.store import CheckpointStore
from runctl_guard.checkpoints.validation import validate
from runctl_guard.runs.journal import Journal
from runctl_guard.runs.record import RunRecord
from runctl_guard.system import files

BASE = "saved/%s/checkpoints/" % os.uname().nodename


class Pruning(support.RootedTest):
    def setUp(self):
        super().setUp()
        self.start_s3()
        self.session = Session()

    def pruned_run(self, keep=2):
        self.run_ = self.new_run(store=support.STORE, checkpoint={"dir": "checkpoints", "mirror": True, "patterns": [], "keep_last_n": keep})
        self.run_.update(state="running")
        self.record = RunRecord.of(self.run_, self.session)
        self.record.take(self.run_)
        self.store = CheckpointStore(self.session.s3(), self.run_)
        return self.run_

    def save(self, step, text="{}"):
        path = os.path.join(self.checkpoints, "step_%d.json" % step)
        with open(path, "w") as file:
            file.write(text)
        os.utime(path, (1769860800 + step,) * 2)
        candidate = next(one for one in scan(self.checkpoints) if one.path == path)
        return self.store.upload(candidate, path, validate(candidate), "periodic", None)

    def prune(self):
        retention.prune(self.run_, self.session)

    def left(self):
        return [key[len(BASE):] for key in self.s3.keys() if key.startswith(BASE)]

    def names(self):
        return {name for name in self.left() if "manifest" not in name}

    def test_the_newest_stay_and_of_the_others_the_manifest_goes_first(self):
        self.pruned_run()
        # By the time of save, not by the order they came in alone.
        for step in (3, 1, 2, 4, 5, 6):
            self.save(step)
        self.prune()
        self.assertEqual(["step_5.json", "step_5.json.manifest.json", "step_6.json", "step_6.json.manifest.json"], self.left())
        deleted = [path.rpartition("/")[2] for method, path, _ in self.s3.calls if method == "DELETE"]
        self.assertEqual([name for step in (1, 2, 3, 4) for name in ("step_%d.json.manifest.json" % step, "step_%d.json" % step)],
                         deleted)
        self.prune()
        self.assertEqual(4, len(self.left()))

    def test_what_came_last_stays_whatever_the_clock_says_of_it(self):
        self.pruned_run()
        # The clock is set back after the second.
        for step in (8, 9, 1, 2, 3):
            self.save(step)
        self.prune()
        self.assertEqual({"step_8.json", "step_9.json", "step_2.json", "step_3.json"}, self.names())

    def test_without_a_number_nothing_is_deleted(self):
        self.pruned_run(keep=None)
        for step in (1, 2, 3):
            self.save(step)
        self.prune()
        self.assertEqual(6, len(self.left()))

    def test_what_an_attempt_began_from_or_ended_with_stays(self):
        self.pruned_run(keep=1)
        saved = [self.save(step).manifest for step in (1, 2, 3, 4)]

        def change(record):
            record["attempts"].insert(0, dict(record["attempts"][0], number=0, resumed_from={"manifest": saved[0]},
                                              checkpoint={"manifest": saved[1]}))
            return True
        self.record._change(change)
        self.prune()
        self.assertEqual({"step_1.json", "step_2.json", "step_4.json"}, self.names())

    def test_nothing_is_deleted_once_another_attempt_is_claimed(self):
        self.pruned_run(keep=1)
        for step in (1, 2):
            self.save(step)
        self.record.next_claim("other", "elsewhere")
        self.prune()
        self.assertEqual(4, len(self.left()))

    def test_nothing_is_deleted_in_an_interruption(self):
        run = self.pruned_run(keep=1)
        for step in (1, 2):
            self.save(step)
        Journal(run).write("begin", source="imds")
        self.prune()
        self.assertEqual(4, len(self.left()))

    def test_what_was_restored_or_is_of_another_run_stays(self):
        run = self.pruned_run(keep=1)
        first = self.save(1)
        self.save(2)
        self.save(3)
        entries = files.read_lines(run.file("committed.jsonl"))
        files.append_line(run.file("committed.jsonl"), dict(entries[0], manifest="s3://bucket/elsewhere/a.manifest.json", restored=True))
        self.s3.objects["/bucket/elsewhere/a.manifest.json"] = json.dumps(first.body).encode()
        body = dict(first.body, run_id="another-20260131-120000-abcdef")
        self.s3.objects["/bucket/" + BASE + "step_1.json.manifest.json"] = json.dumps(body).encode()
        self.prune()
        self.assertEqual({"step_1.json", "step_3.json"}, self.names())
        self.assertIn("elsewhere/a.manifest.json", self.s3.keys())

    def test_a_deletion_that_was_cut_off_goes_on(self):
        self.pruned_run(keep=1)
        for step in (1, 2):
            self.save(step)
        self.s3.fail = lambda method, path, query: 403 if method == "DELETE" and path.endswith("step_1.json") else None
        self.prune()
        self.assertEqual(["step_1.json", "step_2.json", "step_2.json.manifest.json"], self.left())
        self.s3.fail = lambda method, path, query: None
        self.prune()
        self.assertEqual(["step_2.json", "step_2.json.manifest.json"], self.left())

    def test_what_may_not_be_deleted_is_told_once(self):
        run = self.pruned_run(keep=1)
        for step in (1, 2):
            self.save(step)
        self.s3.fail = lambda method, path, query: 403 if method == "DELETE" else None
        self.prune()
        self.prune()
        warnings = [event["data"]["id"] for event in run.events() if event["kind"] == "Warning"]
        self.assertEqual(["PruneFailed"], warnings)

    def test_a_deleted_version_does_not_count_as_being_in_S3_and_its_key_is_not_used_again(self):
        self.pruned_run(keep=1)
        self.save(1)
        self.save(2)
        self.prune()
        candidate = next(one for one in scan(self.checkpoints) if one.name == "step_1.json")
        self.assertIsNone(self.store.already(candidate))
        again = self.store.upload(candidate, candidate.path, validate(candidate), "interruption", None)
        self.assertEqual("s3://bucket/" + BASE + "step_1.json@1.1", again.uri)
