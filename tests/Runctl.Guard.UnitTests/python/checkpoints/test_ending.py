import os
import pickle
import subprocess
import time
import unittest
from unittest import mock

from .saved import Saved
from runctl_guard.checkpoints.ending import DYING_SECONDS, look_last
from runctl_guard.interruption import termination
from runctl_guard.runs.journal import Journal


class CutOff(Saved):
    """A save was begun after the last look, and its writer was told or killed in the middle of a file."""

    def newest(self, phase, later=0.0):
        self.started()
        self.save("epoch_1.pkl")
        journal = Journal(self.run_)
        self.write("epoch_2.pkl", data=b"\x80\x04half")
        with mock.patch("time.time", return_value=time.time() - later):
            journal.write(phase, processes=[], pids=[], unfinished=["epoch_2.pkl"])
        look_last(self.uploads.checkpoints, journal)
        chosen = self.uploads.checkpoints.choose(self.store)
        chosen.opened.close()
        return chosen.checkpoint.head

    def test_a_file_that_was_being_written_at_the_kill_does_not_count_although_no_look_saw_it_open(self):
        self.assertEqual("epoch_1.pkl", self.newest("kill"))

    def test_nor_does_one_of_a_process_that_dies_of_the_signal(self):
        self.assertEqual("epoch_1.pkl", self.newest("signal"))

    def test_what_another_process_wrote_after_that_counts(self):
        self.assertEqual("epoch_2.pkl", self.newest("signal", later=2 * DYING_SECONDS))

    def killed(self, closed):
        """A look sees the second file open right before the kill."""
        self.started()
        self.save("epoch_1.pkl")
        journal, watch = Journal(self.run_), self.uploads.checkpoints.watch
        self.write("epoch_2.pkl", data=pickle.dumps([0.5] * 99, 4))
        with open(os.path.join(self.checkpoints, "epoch_2.pkl"), "r+b") as file:
            writer = subprocess.Popen(["sleep", "60"], stdout=file)
        try:
            watch.look(whole=True)
            self.assertIsNotNone(watch.seen.files["epoch_2.pkl"].opened)
            if closed:
                writer.kill()
                writer.wait()
            with mock.patch.multiple(termination, Teller=mock.DEFAULT, processes=mock.DEFAULT) as parts, \
                    mock.patch.object(termination.Termination, "_await_exit"):
                parts["Teller"].return_value.unfinished.return_value = []
                trainers = mock.Mock()
                trainers.target.members.return_value = {1: None}
                trainers.target.kill.return_value = [1]
                termination.Termination(mock.Mock(run=self.run_, journal=journal), trainers, self.uploads).kill()
        finally:
            writer.kill()
            writer.wait()
        look_last(self.uploads.checkpoints, journal)
        chosen = self.uploads.checkpoints.choose(self.store)
        chosen.opened.close()
        return chosen.checkpoint.head

    def test_a_file_that_was_closed_between_the_last_look_and_the_kill_counts(self):
        self.assertEqual("epoch_2.pkl", self.killed(closed=True))

    def test_one_that_was_still_open_at_the_kill_does_not(self):
        self.assertEqual("epoch_1.pkl", self.killed(closed=False))

    def test_a_file_under_that_name_of_which_nothing_was_seen_is_none(self):
        self.started()
        self.save("epoch_1.pkl")
        journal = Journal(self.run_)
        journal.write("kill", pids=[], unfinished=["../elsewhere"])
        look_last(self.uploads.checkpoints, journal)
        self.assertTrue(os.path.exists(os.path.join(self.checkpoints, "epoch_1.pkl")))
        self.assertIsNotNone(self.uploads.checkpoints.watch.seen.died)


if __name__ == "__main__":
    unittest.main()
