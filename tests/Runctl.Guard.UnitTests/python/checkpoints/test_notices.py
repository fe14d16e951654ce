"""What users are told of their checkpoints while the training runs: once for each cause."""
import os
import subprocess
import sys

from .saved import Saved
from runctl_guard.checkpoints.choice import Refused
from runctl_guard.checkpoints.notices import Notices


class Told(Saved):
    def begin(self, **checkpoint):
        self.started(**checkpoint)
        self.notices = Notices(self.run_)

    def told(self, kind="Warning"):
        return [event["data"] for event in self.run_.events() if event["kind"] == kind]

    def ids(self):
        return [data["id"] for data in self.told()]

    def later(self, seconds):
        self.watch._offset += seconds
        self.watch.look(whole=True)
        self.notices.look(self.uploads)

    def test_the_layout_is_told_after_the_first_save(self):
        self.begin(exclude=["cache"])
        self.write("args.json", data=b"{}")
        self.later(5)
        self.later(5)
        self.write("netG_1.pth", "netD_1.pth", "cache/x.pt", "y.pt.tmp")
        os.symlink("/nowhere", os.path.join(self.checkpoints, "gone"))
        self.look()
        for _ in range(2):
            self.notices.look(self.uploads)
        Notices(self.run_).look(self.uploads)
        [layout] = self.told("CheckpointLayout")
        self.assertEqual((["netD_#.pth", "netG_#.pth"], ["args.json"]), (layout["save"], layout["current"]))
        self.assertEqual(["cache/x.pt", "gone", "y.pt.tmp"], [one["path"] for one in layout["left_out"]])
        self.assertIn(layout["head"], ("netD_1.pth", "netG_1.pth"))

    def test_the_layout_is_told_again_if_another_kind_of_file_becomes_the_head(self):
        self.begin()
        self.write("cache.pt", data=b"PK\x03\x04" + b"x" * 100_000)
        self.look()
        self.notices.look(self.uploads)
        for number in (1, 2, 3):
            self.write("epoch_%d.pt" % number)
            self.look()
            self.notices.look(self.uploads)
            Notices(self.run_).look(self.uploads)
        self.assertEqual(["cache.pt", "epoch_2.pt"], [layout["head"] for layout in self.told("CheckpointLayout")])

    def test_files_that_cannot_be_kept_are_told_within_a_minute(self):
        self.begin()
        self.write("model.pt.tmp", "unfinished-2/x.pt")
        self.later(1)
        self.assertEqual([], self.ids())
        for _ in range(3):
            self.later(56)
        self.assertEqual(["NothingKept"], self.ids())

    def test_a_checkpoint_that_is_never_closed_is_told_of(self):
        self.begin()
        self.write("args.json", data=b"{}")
        with subprocess.Popen([sys.executable, "-c", "import sys; f = open(sys.argv[1], 'wb'); f.write(sys.argv[2].encode()); f.flush(); "
                               "print(flush=True); input()", os.path.join(self.checkpoints, "history.h5"), "PK\x03\x04" + "x" * 99],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
            writer.stdout.readline()
            self.later(1)
            self.assertEqual([], self.ids())
            for _ in range(3):
                self.later(56)
            self.assertEqual(["HeldOpen"], self.ids())
            self.assertEqual(["history.h5"], self.told()[0]["paths"])
            writer.communicate(b"\n")

    def test_settings_and_logs_before_the_first_save_are_no_cause(self):
        self.begin()
        self.write("args.json", data=b"{}")
        self.later(1)
        self.later(300)
        self.assertEqual([], self.ids())

    def test_a_refusal_is_told_once_for_each_cause(self):
        self.begin()
        self.save("epoch_1.pt")
        for number in (2, 3):
            self.write("epoch_%d.pt" % number, data=b"PK\x03\x04 torn")
            self.look()
            self.uploads.checkpoints.choose(self.store, self.notices.refused, newest_only=True)
        self.assertEqual(["SaveRefused"], self.ids())
        self.assertTrue(self.told()[0]["path"].endswith("epoch_2.pt"))

    def test_saves_that_are_overwritten_while_they_are_read_are_no_refusals(self):
        self.begin()
        for _ in range(4):
            self.notices.refused(Refused(None, "last.pt", "it was overwritten or deleted"))
        self.assertEqual(["MirrorBehind"], self.ids())

    def test_saves_that_come_faster_than_their_uploads(self):
        self.begin()
        for number in range(1, 5):
            self.save("epoch_%d.pt" % number)
            self.notices.behind(self.watch.seen.saves[-1], checks=False)
        self.assertEqual(["MirrorBehind"], self.ids())

    def test_no_save_for_three_times_the_usual_interval(self):
        self.begin()
        for number in range(1, 5):
            self.write("epoch_%d.pt" % number)
            self.later(100)
            self.later(100)
        self.later(200)
        self.assertEqual([], self.ids())
        for _ in range(3):
            self.later(300)
        self.assertEqual(["NoSave"], self.ids())
        self.assertAlmostEqual(200, self.told()[0]["usual"], delta=5)
