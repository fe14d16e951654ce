"""25 random schedules of trainings, interruptions and faults; tests/schedules plays thousands."""
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SCHEDULES = os.path.join(HERE, "..", "..", "schedules")
sys.path.append(SCHEDULES)
SEEDS = 25


class Schedules(unittest.TestCase):
    def test_the_first_seeds_violate_nothing(self):
        """It takes a minute: most of it is waiting for deadlines, of all of them at the same time."""
        done = subprocess.run([sys.executable, "-B", os.path.join(SCHEDULES, "run.py"), "--seeds", str(SEEDS), "--jobs", str(SEEDS)],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
        self.assertEqual(0, done.returncode, done.stdout)

    def test_a_script_that_was_printed_is_read_as_the_same_schedule(self):
        import schedule
        for seed in range(200):
            made = schedule.schedule_of(seed)
            self.assertEqual(made, schedule.parse(schedule.script(made)))

    def test_the_guards_that_are_broken_on_purpose_can_still_be_made(self):
        import shutil
        import mutants
        for name in mutants.MUTANTS:
            with self.subTest(mutant=name), tempfile.TemporaryDirectory() as folder:
                shutil.copytree(os.path.join(HERE, "..", "..", "..", "src", "Runctl.Guard", "runctl_guard"),
                                os.path.join(folder, "runctl_guard"), ignore=shutil.ignore_patterns("__pycache__"))
                mutants.change(name, folder)


if __name__ == "__main__":
    unittest.main()
