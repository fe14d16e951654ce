"""How a checkpoint comes back: whole, nothing newer beside it, and nothing outside of the directory."""
import json
import os
import subprocess
import time
from unittest import mock

import support
from .saved import BASE, Saved
from runctl_guard.checkpoints import resuming, restore
from runctl_guard.checkpoints.uploads import uploads_of
from runctl_guard.errors import GuardError
from runctl_guard.runs.attempts import new_attempt
from runctl_guard.runs.run import Run
from runctl_guard.system import files
from runctl_guard.system.users import by_id, find_user


class Restore(Saved):
    def back(self, committed, into="back", limit=None):
        self.into = os.path.join(self.root, into)
        return restore.restore(self.session.s3(), committed["manifest"], self.into, by_id(os.geteuid()), limit)

    def there(self, folder=None):
        top = folder or self.into
        return sorted(os.path.relpath(os.path.join(inside, name), top) for inside, _, names in os.walk(top) for name in names)

    def changed(self, committed, act):
        """The manifest as another writer may have left it."""
        body = self.manifest(committed)
        act(body)
        self.s3.objects["/bucket/" + committed["manifest"][len("s3://bucket/"):]] = json.dumps(body).encode()
        return committed

    def test_the_whole_set_comes_back(self):
        self.started()
        self.save("epoch_1.pt")
        self.write("best.pt", "sub/x.pt")
        committed = self.save("epoch_2.pt", "sub/x.pt")
        back = self.back(committed)
        self.assertEqual(["best.pt", "epoch_1.pt", "epoch_2.pt", "sub/x.pt"], self.there())
        self.assertEqual(os.path.join(self.into, "epoch_2.pt"), back["local"])

    def test_older_files_come_back_up_to_the_limit_the_newest_first(self):
        self.started()
        for number in range(1, 5):
            committed = self.save("epoch_%d.pt" % number)
        size = self.manifest(committed)["bytes"]
        back = self.back(committed, limit=size * 2 + 10)
        self.assertEqual(["epoch_3.pt", "epoch_4.pt"], self.there())
        self.assertEqual(["epoch_1.pt", "epoch_2.pt"], sorted(entry["path"] for entry in back["left"]))
        self.back(committed, "none", 0)
        self.assertEqual(["epoch_4.pt"], self.there())

    def test_newer_files_of_its_patterns_are_moved_beside_the_directory(self):
        self.started()
        committed = self.save("iter_5/model.pt")
        directory = os.path.join(self.root, "back")
        for name in ("iter_8/model.pt", "iter_3/model.pt", "notes.txt"):
            os.makedirs(os.path.dirname(os.path.join(directory, name)), exist_ok=True)
            with open(os.path.join(directory, name), "w") as file:
                file.write("torn")
        later = time.time() + 60
        os.utime(os.path.join(directory, "iter_8/model.pt"), (later, later))
        os.utime(os.path.join(directory, "iter_3/model.pt"), (1, 1))
        back = self.back(committed)
        self.assertEqual(["iter_3/model.pt", "iter_5/model.pt", "notes.txt"], self.there())
        self.assertEqual(["iter_8/model.pt"], self.there(back["moved"]))
        # A framework looks for the directory with the highest number, empty or not.
        self.assertFalse(os.path.exists(os.path.join(directory, "iter_8")))
        self.assertTrue(back["moved"].startswith(directory + ".newer-"))

    def test_what_lies_under_its_names_is_kept_beside_it(self):
        self.started()
        committed = self.save("last.pt")
        os.makedirs(os.path.join(self.root, "back"))
        with open(os.path.join(self.root, "back", "last.pt"), "w") as file:
            file.write("mine")
        back = self.back(committed)
        with open(os.path.join(back["moved"], "last.pt")) as file:
            self.assertEqual("mine", file.read())

    def test_objects_that_are_not_the_manifest_s_to_name_are_refused_before_anything_is_written(self):
        self.started()
        for number, key in enumerate(("terraform/prod.tfstate", BASE + "../../../terraform/prod.tfstate",
                                      "runs/orders/%s/1/spec.json" % self.run_.id)):
            self.s3.objects["/bucket/" + key] = b"state"
            committed = self.changed(self.save("epoch_%d.pt" % number), lambda body: body["files"].append(
                {"path": "stolen", "key": key, "size": 5, "crc32": "AAAAAA==", "class": "current"}))
            with self.assertRaises(GuardError) as caught:
                self.back(committed)
            self.assertEqual(("KeyRefused", key), (caught.exception.id, caught.exception.target))
            self.assertFalse(os.path.exists(self.into))

    def test_objects_of_another_prefix_are_not_listed_by_the_run_s_own_manifests(self):
        run = self.started()
        committed = self.save("epoch_1.pt", "best.pt")
        body = self.manifest(committed)
        elsewhere = "other/i-0a1/checkpoints/"
        for entry in body["files"]:
            key = elsewhere + entry["path"]
            self.s3.objects["/bucket/" + key] = self.s3.objects["/bucket/" + entry["key"]]
            entry["key"] = key
        self.s3.objects["/bucket/%sbest.pt.manifest.json" % elsewhere] = json.dumps(body).encode()
        new_attempt(run, run.spec, dict(run.state["claim"], number=2), "i-2")
        resuming.resume(run, self.session, {"manifest": "s3://bucket/%sbest.pt.manifest.json" % elsewhere})
        resuming.note_beginning(run, self.session)
        self.assertEqual([], [line for line in files.read_lines(run.file("objects.jsonl"))
                              if line.get("key", "").startswith(elsewhere)])

    def test_names_that_lead_out_are_refused(self):
        self.started()
        committed = self.save("epoch_1.pt")
        whole = json.dumps(self.manifest(committed)).encode()
        key = "/bucket/" + committed["manifest"][len("s3://bucket/"):]
        for act in (lambda body: body.update(head="../x"), lambda body: body["files"][0].update(path="../x"),
                    lambda body: body["files"][0].update(path="/etc/x"),
                    lambda body: body["files"].append({"path": "l", "link": "../../etc", "class": "save"}),
                    lambda body: body["files"].append({"path": "l", "link": "/etc", "class": "save"})):
            self.s3.objects[key] = whole
            with self.assertRaises(GuardError) as caught:
                self.back(self.changed(committed, act), "out")
            self.assertEqual("UnsafePath", caught.exception.id)

    def test_links_that_lead_out_by_way_of_one_another_are_refused(self):
        self.started()
        committed = self.save("p/epoch_1.pt")
        whole = self.manifest(committed)
        for links in ({"p/q": "..", "p/l": "q/../../etc"}, {"q": "p", "l": "q/x"}, {"l": "p/../.."}, {"l": "p/../x"}):
            with self.subTest(links=links), self.assertRaises(GuardError) as caught:
                self.back(self.changed(committed, lambda body: body.update(files=whole["files"] + [
                    {"path": path, "link": target, "class": "current"} for path, target in links.items()])), "out")
            self.assertEqual("UnsafePath", caught.exception.id)
            self.assertFalse(os.path.exists(self.into))
        self.back(self.changed(committed, lambda body: body.update(files=whole["files"] + [
            {"path": path, "link": target, "class": "current"} for path, target in
            {"p/last": "epoch_1.pt", "best": "p/last", "here": ".", "p/up": "../p/./epoch_1.pt"}.items()])))
        with open(os.path.join(self.into, "best"), "rb") as one, open(os.path.join(self.into, "p/epoch_1.pt"), "rb") as other:
            self.assertEqual(other.read(), one.read())

    def test_however_deep_what_an_earlier_restore_left_is_it_is_removed(self):
        self.started()
        committed = self.save("epoch_1.pt")
        self.into = os.path.join(self.root, "back")
        self.nest(os.path.join(self.into, restore.STAGING), 1500)
        self.back(committed)
        self.assertEqual(["epoch_1.pt"], os.listdir(self.into))

    def test_what_an_earlier_restore_left_and_cannot_be_removed_is_moved_aside(self):
        self.started()
        committed = self.save("epoch_1.pt")
        os.makedirs(os.path.join(self.root, "back", restore.STAGING))
        with mock.patch.object(restore.Folder, "remove", side_effect=PermissionError(13, "Permission denied")):
            self.back(committed)
        self.assertIn("epoch_1.pt", os.listdir(self.into))
        with mock.patch.object(restore.Folder, "remove", side_effect=OSError(16, "busy")), \
                mock.patch.object(restore.Folder, "rename", side_effect=OSError(16, "busy")), self.assertRaises(GuardError) as caught:
            self.back(committed)
        self.assertEqual("DirectoryRefused", caught.exception.id)

    def test_a_tree_of_the_user_s_however_deep_is_in_no_restore_s_way(self):
        self.started()
        committed = self.save("epoch_1.pt")
        self.nest(os.path.join(self.root, "back"), 1500)
        self.back(committed)
        self.assertIn("epoch_1.pt", os.listdir(self.into))

    def test_what_took_the_place_of_a_directory_is_listed_without_what_was_in_it(self):
        run = self.started()
        entry = {"key": BASE + "x", "size": 1, "crc32": "AAAAAA==", "class": "older"}
        files.write_json(run.file("references.json"), {"schema": 1, "attempt": run.state["attempt"], "files": [
            dict(entry, path="epoch_1.pt/model.pt"), dict(entry, path="sub"), dict(entry, path="epoch_0.pt")]})
        body = self.manifest(self.save("epoch_1.pt", "sub/x.pt"))
        self.assertEqual(["epoch_0.pt", "epoch_1.pt", "sub/x.pt"], sorted(file["path"] for file in body["files"]))

    def test_a_directory_that_is_a_link_is_not_restored_through(self):
        self.started()
        committed = self.save("sub/x.pt", "sub/y.pt")
        os.makedirs(os.path.join(self.root, "back"))
        os.symlink("/tmp", os.path.join(self.root, "back", "sub"))
        with self.assertRaises(GuardError):
            self.back(committed)

    def test_damage_on_the_way_leaves_what_was_there(self):
        self.started()
        committed = self.save("epoch_1.pt")
        self.s3.objects["/bucket/" + BASE + "epoch_1.pt"] = b"x" * self.manifest(committed)["bytes"]
        os.makedirs(os.path.join(self.root, "back"))
        with self.assertRaises(GuardError):
            self.back(committed)
        self.assertEqual([], self.there(os.path.join(self.root, "back")))

    def test_an_object_that_s3_does_not_hold_is_told_as_missing(self):
        """So that a resume takes the checkpoint before."""
        self.started()
        self.write("best.pt")
        committed = self.save("epoch_1.pt")
        for entry in self.manifest(committed)["files"]:
            data = self.s3.objects.pop("/bucket/" + entry["key"])
            with self.assertRaises(GuardError) as caught:
                self.back(committed)
            self.assertEqual(("ObjectNotFound", "s3://bucket/" + entry["key"]), (caught.exception.id, caught.exception.target))
            self.assertEqual([], self.there())
            self.s3.objects["/bucket/" + entry["key"]] = data

    def test_a_checkpoint_comes_back_without_an_older_file_that_s3_does_not_hold(self):
        self.started()
        for number in range(1, 4):
            committed = self.save("epoch_%d.pt" % number)
        del self.s3.objects["/bucket/" + BASE + "epoch_1.pt"]
        back = self.back(committed)
        self.assertEqual(["epoch_2.pt", "epoch_3.pt"], self.there())
        self.assertEqual(self.there(), sorted(back["restored"]))
        self.assertEqual((["epoch_1.pt"], ["epoch_1.pt"]), ([entry["path"] for entry in back["left"]], back["lost"]))

    def test_an_older_file_that_s3_does_not_hold_is_not_listed_again(self):
        self.started()
        for number in range(1, 4):
            committed = self.save("epoch_%d.pt" % number)
        del self.s3.objects["/bucket/" + BASE + "epoch_1.pt"]
        # What lies under its name is not what S3 held.
        size = os.path.getsize(os.path.join(self.checkpoints, "epoch_1.pt"))
        self.write("epoch_1.pt", data=b"x" * size)
        self.resumed(self.run_, committed)
        self.assertEqual({"epoch_2.pt": "older", "epoch_3.pt": "older", "epoch_4.pt": "save"},
                         {file["path"]: file["class"] for file in self.manifest(self.save("epoch_4.pt"))["files"]})

    def resumed(self, run, committed):
        """The run's next attempt, or another run, goes on from that checkpoint."""
        if run.state.get("started_at"):
            new_attempt(run, run.spec, {"number": 2, "nonce": "m", "resume_from": {"manifest": committed["manifest"]}},
                        os.uname().nodename)
        resuming.resume(run, self.session, {"manifest": committed["manifest"]})
        run.update(state="running", started_at=time.time())
        resuming.note_beginning(run, self.session)
        self.run_, self.checkpoints, self.uploads = run, run.state["checkpoint_dir"], uploads_of(run, self.session)
        self.watch, self.store = self.uploads.checkpoints.watch, self.uploads.store

    def test_what_another_run_sent_is_sent_again_and_not_listed(self):
        """The other run deletes its objects with its own checkpoints."""
        self.started()
        self.write("tokenizer.json", data=b"{}")
        for number in range(1, 3):
            committed = self.save("epoch_%d.pt" % number)
        spec = self.spec(run_id=support.RUN_ID + "b", project_name="other", store=support.STORE,
                         checkpoint={"dir": "checkpoints", "mirror": True, "restore_limit": 0})
        other = Run(spec["run_id"])
        new_attempt(other, spec, spec["attempt"], "i-0b")
        self.resumed(other, committed)
        files_ = self.manifest(self.save("epoch_3.pt"))["files"]
        self.assertEqual({"epoch_3.pt": "save", "tokenizer.json": "current"}, {file["path"]: file["class"] for file in files_})
        self.assertEqual([], [file["key"] for file in files_ if not file["key"].startswith("saved/i-0b/checkpoints/")])

    def test_a_manifest_of_0_1_comes_back(self):
        self.started()
        self.s3.objects["/bucket/a/c-5/model.pt"] = b"weights"
        body = {"schema": 1, "run_id": "r", "attempt": 1, "name": "c-5", "kind": "directory", "step": 5, "last_step": 6,
                "saved_at": "2026-01-31T12:00:00Z", "bytes": 7,
                "files": [{"path": "model.pt", "key": "a/c-5/model.pt", "size": 7, "crc32": support.crc_text(b"weights"),
                           "link": None, "class": "save"}]}
        self.s3.objects["/bucket/a/c-5.manifest.json"] = json.dumps(body).encode()
        back = self.back({"manifest": "s3://bucket/a/c-5.manifest.json"})
        self.assertEqual((["c-5/model.pt"], os.path.join(self.into, "c-5")), (self.there(), back["local"]))

    def test_the_next_attempt_lists_what_it_did_not_restore_and_sends_nothing_twice(self):
        run = self.started(restore_limit=0)
        for number in range(1, 4):
            self.write("tokenizer.json", data=b"{}")
            committed = self.save("epoch_%d.pt" % number)
        for name in os.listdir(self.checkpoints):
            os.unlink(os.path.join(self.checkpoints, name))
        new_attempt(run, run.spec, {"number": 2, "nonce": "m", "resume_from": {"manifest": committed["manifest"]}},
                    os.uname().nodename)
        resuming.resume(run, self.session, {"manifest": committed["manifest"]})
        run.update(started_at=time.time())
        resuming.note_beginning(run, self.session)
        self.uploads = uploads_of(run, self.session)
        self.watch, self.store = self.uploads.checkpoints.watch, self.uploads.store
        self.assertEqual(["epoch_3.pt", "tokenizer.json"], sorted(os.listdir(self.checkpoints)))
        self.s3.calls = []
        body = self.manifest(self.save("epoch_4.pt"))
        self.assertEqual({"epoch_1.pt": "older", "epoch_2.pt": "older", "epoch_3.pt": "older", "epoch_4.pt": "save",
                          "tokenizer.json": "current"}, {file["path"]: file["class"] for file in body["files"]})
        self.assertEqual(2, sum(method == "PUT" for method, _, _ in self.s3.calls))
        self.assertEqual(committed["manifest"], body["parent"])

    def test_beside_another_disk_newer_files_go_inside_under_a_staging_name(self):
        self.started()
        committed = self.save("iter_5.pt")
        os.makedirs(os.path.join(self.root, "back"))
        path = os.path.join(self.root, "back", "iter_8.pt")
        open(path, "w").close()
        os.utime(path, (time.time() + 60,) * 2)
        make = os.mkdir

        def refuse(name, *more, **named):
            if ".newer-" in name:
                raise PermissionError(name)
            make(name, *more, **named)
        with mock.patch("os.mkdir", refuse):
            back = self.back(committed)
        self.assertTrue(back["moved"].endswith(".tmp"))


class OfAnotherUser(support.OtherUserTest, Saved):
    """The directory that a checkpoint comes back into belongs to the training's user."""

    def setUp(self):
        super().setUp()
        self.started()
        self.committed = self.save("sub/iter_5.pt")
        self.into = os.path.join(self.root, "home/ubuntu/back")
        self.make("")

    def make(self, name, mode=0o755):
        path = os.path.join(self.into, name)
        os.makedirs(path, exist_ok=True)
        os.chown(path, self.UID, self.UID)
        os.chmod(path, mode)
        return path

    def newer(self, name):
        path = os.path.join(self.into, name)
        open(path, "w").close()
        os.chown(path, self.UID, self.UID)
        os.utime(path, (time.time() + 60,) * 2)

    def back(self):
        return restore.restore(self.session.s3(), self.committed["manifest"], self.into, find_user(None), None)

    def test_a_directory_that_only_root_lists_is_in_no_restore_s_way(self):
        # As mkfs leaves one at the top of every disk.
        os.mkdir(os.path.join(self.into, "lost+found"), 0o700)
        self.make("closed", 0)
        self.assertEqual(["sub/iter_5.pt"], self.back()["restored"])

    def test_a_disk_that_is_mounted_below_the_directory_gets_its_files_and_its_newer_ones_move(self):
        disk = self.make("sub")
        if subprocess.call(["mount", "-t", "tmpfs", "none", disk], stderr=subprocess.DEVNULL):
            self.skipTest("nothing can be mounted here")
        self.addCleanup(subprocess.check_call, ["umount", disk])
        os.chown(disk, self.UID, self.UID)
        self.newer("sub/iter_8.pt")
        back = self.back()
        self.assertEqual(["iter_5.pt"], os.listdir(disk))
        self.assertEqual(["iter_8.pt"], os.listdir(os.path.join(back["moved"], "sub")))
        self.assertEqual(self.UID, os.stat(os.path.join(disk, "iter_5.pt")).st_uid)

    def test_what_the_user_may_not_move_aside_is_named(self):
        os.chown(self.make("sub"), 0, 0)
        os.chmod(os.path.join(self.into, "sub"), 0o1777)
        open(os.path.join(self.into, "sub/iter_8.pt"), "w").close()
        os.utime(os.path.join(self.into, "sub/iter_8.pt"), (time.time() + 60,) * 2)
        with self.assertRaises(GuardError) as caught:
            self.back()
        self.assertEqual("DirectoryRefused", caught.exception.id)
        self.assertIn("iter_8.pt", caught.exception.message)
