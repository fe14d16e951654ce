import json
import os

from .saved import BASE, Saved
from runctl_guard.checkpoints import retention
from runctl_guard.errors import GuardError
from runctl_guard.runs.journal import Journal
from runctl_guard.runs.record import RunRecord
from runctl_guard.system import files


class Pruning(Saved):
    def pruned_run(self, keep=2):
        run = self.started(keep_last_n=keep)
        self.record = RunRecord.of(run, self.session)
        self.record.take(run)
        return run

    def save(self, *names):
        """As a trainer that keeps its last step only."""
        for name in os.listdir(self.checkpoints):
            if name.startswith("step_"):
                os.unlink(os.path.join(self.checkpoints, name))
        return super().save(*names)

    def prune(self):
        retention.prune(self.run_, self.session)

    def names(self):
        return {name for name in self.left() if "manifest" not in name}

    def test_the_newest_stay_and_of_the_others_the_manifest_goes_first(self):
        self.pruned_run()
        for step in (1, 2, 3, 4, 5, 6):
            self.save("step_%d.pt" % step)
        self.prune()
        self.assertEqual(["step_5.pt", "step_5.pt.manifest.json", "step_6.pt", "step_6.pt.manifest.json"], self.left())
        deleted = [path.rpartition("/")[2] for method, path, _ in self.s3.calls if method == "DELETE"]
        self.assertEqual([name for step in (1, 2, 3, 4) for name in ("step_%d.pt.manifest.json" % step, "step_%d.pt" % step)],
                         deleted)
        self.prune()
        self.assertEqual(4, len(self.left()))

    def test_without_a_number_nothing_is_deleted(self):
        self.pruned_run(keep=None)
        for step in (1, 2, 3):
            self.save("step_%d.pt" % step)
        self.prune()
        self.assertEqual(6, len(self.left()))

    def test_beside_a_damaged_record_everything_stays_and_that_is_told(self):
        run = self.pruned_run(keep=1)
        for step in (1, 2):
            self.save("step_%d.pt" % step)
        for body in (b"[]", b'{"attempts":[5]}'):
            self.s3.objects["/bucket/runs/runs/%s/run.json" % run.id] = body
            self.prune()
        self.assertEqual({"step_1.pt", "step_2.pt"}, self.names())
        self.assertEqual(["RecordDamaged"], [event["data"]["id"] for event in run.events() if event["kind"] == "Warning"])

    def test_what_an_attempt_began_from_or_ended_with_stays(self):
        self.pruned_run(keep=1)
        saved = [self.save("step_%d.pt" % step)["manifest"] for step in (1, 2, 3, 4)]

        def change(record):
            record["attempts"].insert(0, dict(record["attempts"][0], number=0, resumed_from={"manifest": saved[0]},
                                              checkpoint={"manifest": saved[1]}))
            return True
        self.record._change(change)
        self.prune()
        self.assertEqual({"step_1.pt", "step_2.pt", "step_4.pt"}, self.names())

    def elsewhere(self, saved):
        """The manifest of an attempt on another instance, which began with that checkpoint and lists its files again; an attempt
        in the record began from it."""
        body = self.manifest(saved)
        key = "saved/i-0b/checkpoints/step_9.pt"
        self.s3.objects["/bucket/" + key] = b"weights"
        body["files"] = [file for file in body["files"] if not file["path"].startswith("step_")] + [
            {"path": "step_9.pt", "key": key, "size": 7, "crc32": "AAAAAA==", "class": "save"}]
        self.s3.objects["/bucket/%s.manifest.json" % key] = json.dumps(dict(body, head="step_9.pt", name="step_9.pt")).encode()

        def change(record):
            record["attempts"].insert(0, dict(record["attempts"][0], number=0,
                                              resumed_from={"manifest": "s3://bucket/%s.manifest.json" % key}))
            return True
        self.record._change(change)
        return {file["key"] for file in body["files"]}

    def test_what_an_attempt_on_another_instance_lists_again_stays(self):
        self.pruned_run(keep=1)
        self.write("vocab.json", data=b"{}")
        keys = self.elsewhere(self.save("best.pt", "step_1.pt"))
        self.assertEqual(3, len(keys))
        self.write("vocab.json", data=b'{"a": 1}')
        self.save("best.pt", "step_2.pt")
        self.prune()
        self.assertNotIn("step_1.pt", self.names())
        self.assertEqual(keys, keys & set(self.s3.keys()))

    def test_nothing_is_deleted_while_a_manifest_that_an_attempt_began_from_cannot_be_read(self):
        run = self.pruned_run(keep=1)
        self.elsewhere(self.save("best.pt", "step_1.pt"))
        self.save("step_2.pt")
        before = self.left()
        self.s3.fail = lambda method, path, query: 403 if path.endswith("step_9.pt.manifest.json") else None
        self.prune()
        self.assertEqual(before, self.left())
        self.assertEqual(["PruneFailed"], [event["data"]["id"] for event in run.events() if event["kind"] == "Warning"])
        # One that is gone names nothing.
        self.s3.fail = lambda method, path, query: None
        del self.s3.objects["/bucket/saved/i-0b/checkpoints/step_9.pt.manifest.json"]
        self.prune()
        self.assertNotIn("step_1.pt", self.names())

    def test_nothing_is_deleted_once_another_attempt_is_claimed(self):
        self.pruned_run(keep=1)
        for step in (1, 2):
            self.save("step_%d.pt" % step)
        self.record.next_claim("other", "elsewhere")
        self.prune()
        self.assertEqual(4, len(self.left()))

    def test_nothing_is_deleted_in_an_interruption(self):
        run = self.pruned_run(keep=1)
        for step in (1, 2):
            self.save("step_%d.pt" % step)
        Journal(run).write("begin", source="imds")
        self.prune()
        self.assertEqual(4, len(self.left()))

    def test_what_was_restored_stays(self):
        run = self.pruned_run(keep=1)
        self.save("step_1.pt")
        entries = files.read_lines(run.file("committed.jsonl"))
        files.append_line(run.file("committed.jsonl"), dict(entries[0], manifest="s3://bucket/elsewhere/a.manifest.json", restored=True))
        self.s3.objects["/bucket/elsewhere/a.manifest.json"] = b"{}"
        self.save("step_2.pt")
        self.prune()
        self.assertEqual({"step_2.pt"}, self.names())
        self.assertIn("elsewhere/a.manifest.json", self.s3.keys())

    def test_only_what_this_run_wrote_is_deleted(self):
        """A restored manifest may name any key: the training could have written it."""
        run = self.pruned_run(keep=1)
        self.save("step_1.pt")
        entry = files.read_lines(run.file("committed.jsonl"))[-1]
        others = {"terraform/prod.tfstate": True, BASE + "../../../terraform/prod.tfstate": True,
                  "saved/i-0a1/checkpoints/step_9.pt": False, BASE + "of_another_run.pt": False}
        for key in others:
            self.s3.objects["/bucket/" + key] = b"state"
        files.append_line(run.file("committed.jsonl"), dict(entry, keys=entry["keys"] + sorted(others)))
        self.save("step_2.pt")
        self.prune()
        self.assertEqual(set(others), set(others) & set(self.s3.keys()))
        self.assertNotIn("step_1.pt", self.names())
        told = [event for event in run.events() if event["kind"] == "Warning"]
        self.assertEqual([("KeyRefused", sorted(key for key in others if others[key]))],
                         [(event["data"]["id"], event["data"]["keys"]) for event in told])
        self.assertIn("terraform/prod.tfstate", told[0]["message"])

    def test_a_key_that_a_later_checkpoint_names_stays(self):
        self.pruned_run(keep=1)
        self.save("best.pt", "step_1.pt")
        for step in (2, 3):
            last = self.save("step_%d.pt" % step)
        self.prune()
        keys = {file["key"] for file in self.manifest(last)["files"]}
        self.assertEqual({"best.pt", "step_3.pt"}, {file["path"] for file in self.manifest(last)["files"]})
        self.assertTrue(keys <= set(self.s3.keys()))
        self.assertEqual(3, len(self.left()))

    def test_what_the_disk_still_has_stays_in_s3_whatever_the_number(self):
        self.pruned_run(keep=1)
        for fold in range(1, 4):
            last = self.save("fold%d_best.pth" % fold)
            self.prune()
        self.assertEqual(["older", "older", "save"], [file["class"] for file in self.manifest(last)["files"]])
        self.assertEqual(["fold1_best.pth", "fold2_best.pth", "fold3_best.pth", "fold3_best.pth.manifest.json"], self.left())

    def test_what_the_training_deletes_leaves_s3_with_the_last_checkpoint_that_names_it(self):
        self.pruned_run(keep=2)
        for fold in range(1, 4):
            self.save("fold%d_best.pth" % fold)
            self.prune()
        os.unlink(os.path.join(self.checkpoints, "fold1_best.pth"))
        self.save("fold4_best.pth")
        self.prune()
        self.assertIn("fold1_best.pth", self.names())
        self.save("fold5_best.pth")
        self.prune()
        self.assertEqual({"fold%d_best.pth" % fold for fold in (2, 3, 4, 5)}, self.names())

    def test_it_does_not_delete_while_a_commit_is_under_way(self):
        run = self.pruned_run(keep=1)
        for step in (1, 2):
            self.save("step_%d.pt" % step)
        with files.locked(run.file("commit.lock")):
            self.prune()
        self.assertEqual(4, len(self.left()))

    def test_two_manifests_of_one_save_are_one_checkpoint(self):
        self.pruned_run(keep=2)
        self.save("step_1.pt")
        self.save("step_2.pt")
        self.write("metrics.json", data=b"{}")
        self.look()
        self.upload()
        self.prune()
        self.assertIn("step_1.pt", self.names())

    def test_a_deletion_that_was_cut_off_goes_on(self):
        self.pruned_run(keep=1)
        for step in (1, 2):
            self.save("step_%d.pt" % step)
        self.s3.fail = lambda method, path, query: 403 if method == "DELETE" and path.endswith("step_1.pt") else None
        self.prune()
        self.assertEqual(["step_1.pt", "step_2.pt", "step_2.pt.manifest.json"], self.left())
        self.s3.fail = lambda method, path, query: None
        self.prune()
        self.assertEqual(["step_2.pt", "step_2.pt.manifest.json"], self.left())

    def test_what_may_not_be_deleted_is_told_once(self):
        run = self.pruned_run(keep=1)
        for step in (1, 2):
            self.save("step_%d.pt" % step)
        self.s3.fail = lambda method, path, query: 403 if method == "DELETE" else None
        self.prune()
        self.prune()
        warnings = [event["data"]["id"] for event in run.events() if event["kind"] == "Warning"]
        self.assertEqual(["PruneFailed"], warnings)

    def test_a_bucket_that_keeps_what_is_deleted_is_told_of_once(self):
        run = self.pruned_run(keep=1)
        self.s3.versions = True
        for step in (1, 2, 3):
            self.save("step_%d.pt" % step)
            self.prune()
        self.assertEqual(["step_3.pt", "step_3.pt.manifest.json"], self.left())
        warnings = [event for event in run.events() if event["kind"] == "Warning"]
        self.assertEqual(["VersionsKept"], [event["data"]["id"] for event in warnings])
        self.assertIn("lifecycle rule", warnings[0]["message"])

    def test_a_deleted_version_does_not_count_as_being_in_s3(self):
        self.pruned_run(keep=1)
        self.save("step_1.pt")
        version = self.watch.seen.files["step_1.pt"].version
        self.assertTrue(self.store.has(version))
        self.save("step_2.pt")
        self.prune()
        self.assertFalse(self.store.has(version))

    def test_an_object_that_a_rule_of_the_bucket_deleted_is_sent_again(self):
        self.pruned_run(keep=None)
        self.save("best.pt", "step_1.pt")
        del self.s3.objects["/bucket/" + next(key for key in self.s3.keys() if "best.pt@" in key)]
        self.write("step_2.pt")
        self.look()
        with self.assertRaises(GuardError):
            self.upload()
        last = self.manifest(self.upload())
        self.assertTrue({file["key"] for file in last["files"]} <= set(self.s3.keys()))
