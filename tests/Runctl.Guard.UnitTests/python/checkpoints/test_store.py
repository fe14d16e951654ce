import json
import os
import shutil
import threading
import unittest
import zipfile
from unittest import mock

import support
from runctl_guard.checkpoints import uploads
from runctl_guard.checkpoints.discovery import scan
from runctl_guard.checkpoints.restore import restore
from runctl_guard.checkpoints.store import CheckpointStore, version_names
from runctl_guard.checkpoints.uploads import Uploads
from runctl_guard.checkpoints.validation import validate
from runctl_guard.errors import GuardError
from runctl_guard.system.users import caller

BASE = "saved/%s/checkpoints/" % os.uname().nodename


class Names(unittest.TestCase):
    def test_the_plain_name_is_first_and_versions_carry_attempt_and_step(self):
        self.assertEqual(["last.ckpt", "last.ckpt@2.500"], version_names("last.ckpt", 2, 500, 0)[:2])

    def test_without_a_step_the_time_of_save_takes_its_place(self):
        self.assertEqual("last.ckpt@1.20260131120000", version_names("last.ckpt", 1, None, 1769860800.5)[1])

    def test_a_name_in_every_version_is_a_different_one(self):
        names = version_names("a.pt", 1, 5, 1769860800.5)
        self.assertEqual(len(names), len(set(names)))


class Committing(support.RootedTest):
    def setUp(self):
        super().setUp()
        self.start_s3()
        self.one = self.new_run(store=support.STORE)
        from runctl_guard.aws.session import Session
        self.store = CheckpointStore(Session().s3(), self.one)

    def save(self, name="last.ckpt", text="weights"):
        with zipfile.ZipFile(os.path.join(self.checkpoints, name), "w") as archive:
            archive.writestr("data", text)
        return next(one for one in scan(self.checkpoints) if one.name == name)

    def upload(self, candidate):
        return self.store.upload(candidate, candidate.path, validate(candidate), "periodic", None)

    def test_the_manifest_is_the_last_object_and_names_every_key(self):
        committed = self.upload(self.save())
        self.assertEqual("PUT", self.s3.calls[-1][0])
        self.assertTrue(self.s3.calls[-1][1].endswith("last.ckpt.manifest.json"))
        manifest = self.s3.json(BASE + "last.ckpt.manifest.json")
        self.assertEqual([BASE + "last.ckpt"], [entry["key"] for entry in manifest["files"]])
        self.assertEqual(support.crc_text(self.s3.body(BASE + "last.ckpt")), manifest["files"][0]["crc32"])
        self.assertEqual("s3://bucket/" + BASE + "last.ckpt", committed.uri)

    def test_parts_that_S3_takes_for_invalid_for_a_while_are_no_lasting_failure(self):
        with open(os.path.join(self.checkpoints, "model.bin"), "wb") as file:
            file.write(os.urandom(9 << 20))
        refused = []
        self.s3.fail = lambda method, path, query: (400, "InvalidPart") if method == "POST" and "uploadId" in query \
            and len(refused) < 4 and not refused.append(1) else None
        candidate = scan(self.checkpoints)[0]
        job = Uploads(self.one, self.store).start(candidate, "periodic", False, validate(candidate))
        self.assertTrue(job.wait(30))
        self.assertIsNone(job.error)
        self.assertEqual({1, 2}, {int(query["partNumber"]) for _, _, query in self.s3.calls if "partNumber" in query})

    def test_on_a_full_disk_a_checkpoint_comes_to_S3_all_the_same(self):
        with open(os.path.join(self.checkpoints, "model.bin"), "wb") as file:
            file.write(os.urandom(9 << 20))
        candidate = scan(self.checkpoints)[0]
        with support.full_disk(), mock.patch.object(uploads, "TELLING_BYTES", 1):
            job = Uploads(self.one, self.store).start(candidate, "interruption", None, validate(candidate))
            self.assertTrue(job.wait(30))
        self.assertIsNone(job.error)
        self.assertEqual("s3://bucket/" + BASE + "model.bin", job.committed["uri"])
        self.assertIn(BASE + "model.bin.manifest.json", self.s3.keys())

    def test_a_key_that_a_manifest_names_is_never_written_again(self):
        self.upload(self.save(text="first"))
        first = self.s3.body(BASE + "last.ckpt")
        committed = self.upload(self.save(text="second"))
        self.assertEqual(first, self.s3.body(BASE + "last.ckpt"))
        self.assertRegex(committed.uri, r"last\.ckpt@1\.\d{14}$")
        self.assertEqual("last.ckpt", json.loads(self.s3.body(committed.manifest[len("s3://bucket/"):]))["name"])

    def test_three_versions_saved_within_a_second_all_survive(self):
        uris = {self.upload(self.save(text=text)).uri for text in ("a", "bb", "ccc")}
        self.assertEqual(3, len(uris))

    def test_two_versions_on_their_way_at_once_do_not_share_a_key(self):
        first, release, second = self.save(text="first"), threading.Event(), []
        self.addCleanup(release.set)

        def fail(method, path, query):
            # The first version's own object waits until the second is committed.
            if method == "PUT" and path.endswith("/last.ckpt"):
                release.wait(20)
        self.s3.fail = fail
        copy = os.path.join(self.root, "copy.ckpt")
        shutil.copyfile(first.path, copy)
        thread = threading.Thread(target=lambda: second.append(
            self.store.upload(first, copy, validate(first), "interruption", None)))
        thread.start()
        support.eventually(lambda: any(path.endswith("/last.ckpt.manifest.json") for _, path, _ in self.s3.calls))
        newest = self.upload(self.save(text="second"))
        release.set()
        thread.join(20)
        self.assertRegex(newest.uri, r"last\.ckpt@1\.\d+$")
        for committed in (newest, second[0]):
            entry = self.s3.json(committed.manifest[len("s3://bucket/"):])["files"][0]
            self.assertEqual(entry["crc32"], support.crc_text(self.s3.body(entry["key"])))

    def test_a_directory_is_not_sent_again_as_far_as_it_is_there(self):
        folder = os.path.join(self.checkpoints, "checkpoint-5")
        os.makedirs(folder)
        for name in ("a.bin", "b.bin"):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(os.urandom(9 << 20))
        candidate = scan(self.checkpoints)[0]
        self.s3.fail = lambda method, path, query: 403 if path.endswith("b.bin") else None
        with self.assertRaises(GuardError):
            self.upload(candidate)
        self.s3.fail, self.s3.calls = lambda *_: None, []
        self.upload(candidate)
        sent = [path for method, path, query in self.s3.calls if "partNumber" in query]
        self.assertEqual(2, len(sent))
        self.assertTrue(all(path.endswith("b.bin") for path in sent), sent)
        self.assertEqual([], os.listdir(self.one.file("tickets")))

    def test_the_same_version_is_known_to_be_there(self):
        candidate = self.save()
        self.assertIsNone(self.store.already(candidate))
        self.upload(candidate)
        self.assertEqual(candidate.identity, self.store.already(candidate)["identity"])

    def test_a_manifest_whose_answer_was_lost_is_recognised(self):
        lost = []
        self.s3.fail = lambda method, path, query: "drop" if method == "PUT" and path.endswith(".manifest.json") \
            and not lost and not lost.append(1) else None
        self.upload(self.save())
        self.assertIn(BASE + "last.ckpt.manifest.json", self.s3.keys())

    def test_a_write_of_the_manifest_that_meets_its_own_first_try_is_done_again(self):
        met = []
        self.s3.fail = lambda method, path, query: (409, "ConditionalRequestConflict") if method == "PUT" \
            and path.endswith(".manifest.json") and not met and not met.append(1) else None
        self.upload(self.save())
        self.assertIn(BASE + "last.ckpt.manifest.json", self.s3.keys())

    def test_a_refusal_for_another_reason_is_told_by_that(self):
        self.s3.fail = lambda *_: (403, "SignatureDoesNotMatch")
        with self.assertRaises(GuardError) as caught:
            self.upload(self.save())
        self.assertEqual("SignatureDoesNotMatch", caught.exception.code)
        self.assertEqual([], self.one.events())

    def test_without_permission_to_list_a_missing_manifest_is_no_error(self):
        self.s3.fail = lambda method, path, _: 403 if method in ("HEAD", "GET") and path not in self.s3.objects else None
        self.upload(self.save())
        self.upload(self.save(text="second"))
        self.assertEqual(["ListBucketMissing"], [event["data"]["id"] for event in self.one.events()])
        self.assertEqual(4, len(self.s3.keys()))

    def test_a_directory_comes_back_as_it_was(self):
        folder = os.path.join(self.checkpoints, "checkpoint-5")
        os.makedirs(os.path.join(folder, "sub"))
        for name, data in (("model.bin", b"weights"), ("sub/rank0.bin", b"more")):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)
        committed = self.upload(scan(self.checkpoints)[0])
        target = os.path.join(self.root, "elsewhere")
        restored = restore(self.store.s3, committed.manifest, target, caller())
        self.assertEqual(os.path.join(target, "checkpoint-5"), restored["local"])
        with open(os.path.join(target, "checkpoint-5/sub/rank0.bin"), "rb") as file:
            self.assertEqual(b"more", file.read())
        self.assertEqual(["checkpoint-5"], os.listdir(target))

    def test_what_stood_in_its_place_is_kept_beside_it(self):
        candidate = self.save(text="first")
        committed = self.upload(candidate)
        self.save(text="local and newer")
        restore(self.store.s3, committed.manifest, self.checkpoints, caller())
        self.assertEqual(2, len(os.listdir(self.checkpoints)))

    def test_a_manifest_that_leads_out_of_the_directory_is_refused(self):
        self.upload(self.save())
        manifest = self.s3.json(BASE + "last.ckpt.manifest.json")
        manifest["name"] = "../../evil"
        self.s3.objects["/bucket/evil.manifest.json"] = json.dumps(manifest).encode()
        with self.assertRaises(GuardError) as caught:
            restore(self.store.s3, "s3://bucket/evil.manifest.json", self.checkpoints, caller())
        self.assertEqual("UnsafePath", caught.exception.id)
