"""How a checkpoint gets to S3: every version once, its manifest last, and what users were promised."""
import json
import os
import threading
import time
from unittest import mock

import support
from .saved import BASE, Saved
from runctl_guard.checkpoints import choice, sets
from runctl_guard.checkpoints.manifest import Facts
from runctl_guard.errors import GuardError


class Store(Saved):
    def files(self, committed, *classes):
        return {file["path"]: file.get("key") for file in self.manifest(committed)["files"] if not classes or file["class"] in classes}

    def puts(self):
        return [path.partition("/checkpoints/")[2] for method, path, query in self.s3.calls if method == "PUT"]

    def test_the_manifest_is_the_last_object_and_names_every_key(self):
        self.started()
        committed = self.save("netG_1.pth", "netD_1.pth")
        body = self.manifest(committed)
        self.assertEqual(["netG_1.pth.manifest.json"], self.puts()[-1:])
        self.assertEqual((2, "netG_1.pth", "netG_1.pth", "file", True, []),
                         (body["schema"], body["name"], body["head"], body["kind"], body["complete"], body["missing"]))
        self.assertEqual({"netG_1.pth": BASE + "netG_1.pth", "netD_1.pth": BASE + "netD_1.pth"}, self.files(committed, "save"))
        self.assertEqual(self.checkpoints, body["directory"])
        self.assertEqual(sum(file["size"] for file in body["files"]), body["bytes"])
        for file in body["files"]:
            self.assertEqual(support.crc_text(self.s3.body(file["key"])), file["crc32"])

    def test_a_version_is_sent_once_whatever_checkpoint_lists_it(self):
        self.started()
        self.save("best.pt", "epoch_1.pt")
        self.s3.calls = []
        committed = self.save("epoch_2.pt")
        self.assertEqual(["epoch_2.pt", "epoch_2.pt.manifest.json"], self.puts())
        self.assertEqual(["epoch_1.pt"], list(self.files(committed, "older")))
        self.assertEqual(["best.pt"], list(self.files(committed, "current")))

    def test_what_the_mirror_missed_of_older_units_goes_up_last(self):
        self.started()
        self.save("fold_1.pt")
        self.write("fold_1.pt", "fold_2.pt")
        self.look()
        self.write("fold_3.pt")
        self.look()
        self.s3.calls = []
        chosen = self.uploads.checkpoints.choose(self.store)
        self.assertTrue(self.store.owes_older(chosen.checkpoint))
        chosen.opened.close()
        opened = self.uploads.checkpoints.open(chosen.checkpoint, self.store, older=True)
        committed = self.store.upload(opened, Facts("interruption", True, 3.0))
        opened.close()
        self.assertEqual(["fold_1.pt", "fold_2.pt"], sorted(file["path"] for file in committed.body["files"] if file["class"] == "older"))
        self.assertEqual("fold_3.pt", self.puts()[0])
        self.assertFalse(self.store.owes_older(chosen.checkpoint))

    def test_a_choice_builds_no_save_that_is_older_than_the_one_it_takes(self):
        self.started()
        for number in range(1, 7):
            self.write("epoch_%d.pt" % number)
            self.look()
        built = []

        def build(seen, save, read):
            built.append(save.number)
            return sets.build(seen, save, read)
        with mock.patch.object(choice, "build", build):
            self.chosen("epoch_6.pt")
            self.assertEqual([6], built)
            with open(os.path.join(self.checkpoints, "epoch_6.pt"), "r+b") as file:
                file.truncate(700)
            self.look()
            del built[:]
            self.chosen("epoch_5.pt")
        self.assertEqual([5], [number for number in built if number < 6])

    def test_a_save_that_is_forgotten_during_a_choice_takes_no_part_in_it(self):
        self.started()
        for number in (1, 2, 3):
            self.write("epoch_%d.pt" % number)
            self.look()
        seen = self.watch.seen
        # With what the first save was before its last rounds.
        saves = list(choice.kept_saves(seen))
        self.assertEqual({1, 2, 3}, {save.number for save in saves})
        seen.saves = seen.saves[1:]
        prepared = [choice.prepare(seen, save, lambda *_: None, lambda file: file.here) for save in saves]
        self.assertEqual({2, 3}, {one.checkpoint.save.number for one in prepared if one is not None})

    def test_a_pointer_that_s3_does_not_give_is_asked_for_once_however_many_saves_are_looked_through(self):
        self.started()
        self.write("latest", data=b"epoch_0.pt")
        self.save("epoch_0.pt")
        for number in (1, 2, 3):
            self.write("epoch_%d.pt" % number)
            os.truncate(os.path.join(self.checkpoints, "epoch_%d.pt" % number), 700)
            if number == 3:
                self.write("latest", data=b"epoch_3.pt")
            self.look()
        # As in a guard that came back and has read nothing yet.
        self.uploads.checkpoints._texts.clear()
        self.s3.calls = []
        self.s3.fail = lambda method, path, query: 403 if method == "GET" else None
        self.chosen("epoch_0.pt")
        self.assertEqual(1, len([path for method, path, query in self.s3.calls if method == "GET"]))

    def chosen(self, head):
        chosen = self.uploads.checkpoints.choose(self.store)
        chosen.opened.close()
        self.assertEqual(head, chosen.checkpoint.head)

    def test_without_time_for_it_it_is_left_out(self):
        self.started()
        self.write("fold_1.pt")
        self.look()
        self.write("fold_2.pt")
        self.look()
        chosen = self.uploads.checkpoints.choose(self.store)
        chosen.opened.close()
        opened = self.uploads.checkpoints.open(chosen.checkpoint, self.store, older=True)
        committed = self.store.upload(opened, Facts("interruption", True, 3.0), enough_time=lambda: False)
        opened.close()
        self.assertEqual((["fold_2.pt"], True), ([file["path"] for file in committed.body["files"]], committed.body["complete"]))

    def test_one_inode_under_three_names_is_sent_once(self):
        self.started()
        self.write("epoch_1.pt")
        for name in ("last.pt", "best.pt"):
            os.link(os.path.join(self.checkpoints, "epoch_1.pt"), os.path.join(self.checkpoints, name))
        self.look()
        committed = self.upload()
        self.assertEqual(2, len(self.puts()))
        self.assertEqual(1, len(set(self.files(committed).values())))
        self.assertEqual(3, len(self.files(committed)))

    def test_names_without_a_number_get_their_promised_path_at_an_interruption(self):
        self.started()
        first = self.files(self.save("last.pt"))
        self.assertTrue(first["last.pt"].startswith(BASE + "last.pt@"))
        self.assertNotIn("last.pt", self.left())
        self.save("last.pt")
        second = self.files(self.upload("interruption", True))
        self.assertEqual(BASE + "last.pt", second["last.pt"])
        self.assertIn("last.pt", self.left())

    def test_the_copy_of_a_promised_path_costs_no_upload(self):
        self.started()
        self.save("last.pt")
        self.write("notes.json", data=b"{}")
        self.look()
        self.s3.calls = []
        committed = self.upload("interruption", True)
        self.assertEqual(BASE + "last.pt", self.files(committed)["last.pt"])
        self.assertEqual(self.s3.body(BASE + "last.pt"), self.s3.body(next(key for key in self.s3.keys() if "last.pt@" in key
                                                                            and "manifest" not in key)))

    def test_a_key_that_a_manifest_names_is_never_written_again(self):
        self.started()
        kept = {}
        for _ in range(4):
            self.save("last.pt", "epoch_1.pt", reason="interruption")
            for key in self.s3.keys():
                self.assertEqual(kept.setdefault(key, self.s3.body(key)), self.s3.body(key))
        self.assertEqual(4, sum("manifest" in key for key in self.left()))

    def test_a_manifest_of_the_training_s_own_gets_another_key(self):
        self.started()
        self.write("epoch_1.pt.manifest.json", data=b'{"mine": 1}')
        committed = self.save("epoch_1.pt")
        self.assertTrue(committed["manifest"].endswith("epoch_1.pt.manifest.json"))
        own = self.files(committed)["epoch_1.pt.manifest.json"]
        self.assertNotEqual(BASE + "epoch_1.pt.manifest.json", own)
        self.assertEqual(b'{"mine": 1}', self.s3.body(own))

    def test_the_same_name_with_a_new_best_is_another_manifest(self):
        self.started()
        first = self.save("epoch_10.pt")
        second = self.save("best.pt")
        self.assertNotEqual(first["manifest"], second["manifest"])
        self.assertEqual("epoch_10.pt", self.manifest(second)["head"])

    def test_at_an_interruption_the_save_is_committed_before_what_is_current(self):
        self.started()
        self.write("best.pt", data=b"PK\x03\x04" + os.urandom(9 << 20))
        self.look()
        self.write("epoch_2.pt")
        self.look()
        # best.pt is damaged as an archive, and yet current: only what the save wrote has to be good.
        release = threading.Event()
        self.addCleanup(release.set)
        self.s3.fail = lambda method, path, query: release.wait(30) and None if "best" in path and method in ("POST", "PUT") else None
        chosen = self.uploads.checkpoints.choose(self.store)
        from runctl_guard.checkpoints.manifest import Facts
        job = self.uploads.start(chosen.checkpoint, lambda: chosen.opened, Facts("interruption", True, 1.0))
        self.assertTrue(job.wait_safe(20))
        body = self.manifest(job.committed)
        self.assertEqual((False, ["best.pt"], ["epoch_2.pt"]), (
            body["complete"], [one["path"] for one in body["missing"]], [file["path"] for file in body["files"]]))
        release.set()
        self.assertTrue(job.wait(30))
        body = self.manifest(job.committed)
        self.assertEqual((True, ["best.pt", "epoch_2.pt"]), (body["complete"], sorted(file["path"] for file in body["files"])))

    def test_if_the_save_does_not_fit_its_head_is_committed_before_the_deadline(self):
        self.started()
        self.write("epoch_1.pt")
        for name in ("ema.pt", "swa.pt"):
            self.write(name, data=b"PK\x03\x04" + os.urandom(9 << 20))
        self.look()
        release = threading.Event()
        self.addCleanup(release.set)
        self.s3.fail = lambda method, path, query: release.wait(30) and None if path.endswith(("ema.pt", "swa.pt")) else None
        chosen = self.uploads.checkpoints.choose(self.store, enough_time=lambda: False) or self.unproven()
        from runctl_guard.checkpoints.manifest import Facts
        job = self.uploads.start(chosen.checkpoint, lambda: chosen.opened, Facts("interruption", True, 1.0), time.monotonic() + 5)
        self.assertTrue(job.wait_safe(10))
        body = self.manifest(job.committed)
        self.assertEqual((False, ["ema.pt", "swa.pt"], "epoch_1.pt"), (
            body["complete"], [one["path"] for one in body["missing"]], body["head"]))

    def unproven(self):
        """What is not looked at here: whether the archives are whole."""
        from runctl_guard.checkpoints.selection import Chosen
        from runctl_guard.checkpoints.sets import build
        seen = self.watch.seen
        checkpoint = build(seen, seen.saves[-1], lambda *_: None)
        return Chosen(checkpoint, self.uploads.checkpoints.open(checkpoint, self.store), None)

    def test_a_file_renamed_and_deleted_after_it_was_opened_is_whole(self):
        self.started()
        self.write("epoch_1.pt", data=b"\x07" + os.urandom(9 << 20))
        self.look()
        chosen = self.uploads.checkpoints.choose(self.store)
        with open(os.path.join(self.checkpoints, "epoch_1.pt"), "rb") as file:
            content = file.read()
        os.unlink(os.path.join(self.checkpoints, "epoch_1.pt"))
        from runctl_guard.checkpoints.manifest import Facts
        job = self.uploads.start(chosen.checkpoint, lambda: chosen.opened, Facts("periodic", False, 1.0))
        job.wait(30)
        self.assertIsNone(job.error)
        self.assertEqual(content, self.s3.body(BASE + "epoch_1.pt"))

    def test_a_file_overwritten_in_place_meanwhile_is_not_committed(self):
        self.started()
        self.write("model_1.bin", data=b"\x07" * (9 << 20))
        self.look()
        path = os.path.join(self.checkpoints, "model_1.bin")

        def spoil(method, *_):
            if method == "POST":
                with open(path, "r+b") as file:
                    file.write(b"later")
        self.s3.fail = spoil
        with self.assertRaises(GuardError) as caught:
            self.upload()
        self.assertEqual("CheckpointChanged", caught.exception.id)
        self.assertFalse([key for key in self.left() if "manifest" in key])

    def test_a_file_that_changed_between_its_opening_and_its_sending_is_not_committed(self):
        from runctl_guard.checkpoints.manifest import Facts
        self.started()
        for name, later in (("model_1.bin", b"\x07" * 250_000), ("model_2.bin", b"\x08" * 1_000_000)):
            self.write(name, data=b"\x07" * 1_000_000)
            self.look()
            chosen = self.uploads.checkpoints.choose(self.store)
            with open(os.path.join(self.checkpoints, name), "wb") as file:
                file.write(later)
            job = self.uploads.start(chosen.checkpoint, lambda: chosen.opened, Facts("interruption", False, 1.0))
            self.assertTrue(job.wait(60))
            self.assertEqual("CheckpointChanged", getattr(job.error, "id", None), name)
            self.assertFalse([key for key in self.left() if "manifest" in key])

    def test_a_lost_answer_to_the_manifest_is_recognised(self):
        self.started()
        lost = []
        self.s3.fail = lambda method, path, query: lost.append(1) or "drop" if method == "PUT" and "manifest" in path and not lost \
            else None
        first = self.save("epoch_1.pt")
        self.assertEqual(1, sum("manifest" in key for key in self.left()))
        self.assertTrue(first["manifest"].endswith("epoch_1.pt.manifest.json"))

    def test_without_permission_to_list_it_works_and_is_told_once(self):
        run = self.started()
        self.s3.fail = lambda method, path, query: 403 if "list-type" in query else None
        self.save("epoch_1.pt", "best.pt")
        self.save("epoch_2.pt")
        warnings = [event["data"]["id"] for event in run.events() if event["kind"] == "Warning"]
        self.assertEqual(["ListBucketMissing"], warnings)

    def test_a_killed_guard_s_successor_goes_on_under_the_same_key(self):
        self.started()
        self.write("model_1.bin", data=b"\x07" + os.urandom((20 << 20)))
        self.look()
        self.s3.fail = lambda method, path, query: 403 if query.get("partNumber") == "2" else None
        with self.assertRaises(GuardError):
            self.upload()
        self.s3.fail, self.s3.calls = lambda *_: None, []
        from runctl_guard.checkpoints.uploads import Uploads
        from runctl_guard.checkpoints.store import CheckpointStore
        self.uploads = Uploads(self.run_, CheckpointStore(self.session.s3(), self.run_))
        self.store = self.uploads.store
        self.upload()
        self.assertFalse([query for _, _, query in self.s3.calls if "uploads" in query], "began another upload")
        self.assertEqual(["model_1.bin", "model_1.bin.manifest.json"], self.left())

    def test_a_thousand_small_files_go_over_several_connections_either_way(self):
        """At 40 ms a request; one connection alone takes 40 s."""
        self.started()
        self.write(*["step_1/d/%d.bin" % n for n in range(1000)], data=os.urandom(100))
        self.write("step_1/model.pt")
        self.look()
        self.s3.fail = lambda *_: time.sleep(0.04)
        began = time.monotonic()
        committed = self.upload()
        up = time.monotonic() - began
        from runctl_guard.checkpoints.restore import restore
        from runctl_guard.system.users import by_id
        began = time.monotonic()
        back = restore(self.session.s3(), committed["manifest"], os.path.join(self.root, "back"), by_id(os.geteuid()))
        down = time.monotonic() - began
        print("1,001 files at 40 ms: up %.1f s, down %.1f s" % (up, down))
        self.assertEqual(1001, len(back["restored"]))
        self.assertLess(max(up, down), 30.0)


class FullDisk(Saved):
    def test_a_checkpoint_comes_to_s3_all_the_same(self):
        run = self.started()
        self.write("epoch_1.pt")
        self.look()
        for name in ("events.jsonl", "state.lock"):
            open(run.file(name), "a").close()
        with support.full_disk():
            self.upload()
        self.assertEqual(["epoch_1.pt", "epoch_1.pt.manifest.json"], self.left())
        json.loads(self.s3.body(BASE + "epoch_1.pt.manifest.json"))
