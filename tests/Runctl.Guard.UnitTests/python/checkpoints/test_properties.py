"""Random layouts, orders of writing, kills and restarts of the guard. Every failure names the seed that shows it."""
import random
import unittest

from .simulator import LAYOUTS, Machine, is_staging
from .test_layouts import Steps

SEEDS = 200
STAGED = ("tmp_%s", "%s.tmp", ".tmp%s")


class Training:
    """Saves one of the layouts again and again: slowly or at once, in another order, with logs and rotation beside it."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.machine = Machine()
        self.machine.restarts = self.random.random() < 0.3
        self.layout = self.random.choice(LAYOUTS)
        self.staging = self.random.choice(STAGED + (None,) * 3)
        self.log = self.random.random() < 0.5
        self.pause = self.random.choice((0.0, 0.0, 0.4))
        self.keep = self.random.choice((0, 0, 2))
        self.truth, self.chosen = {}, []

    def save(self, number, until=None):
        """The files of one save, or the first `until` of its writes; returns what was written."""
        steps = Steps(self.machine)
        self.layout(steps, number)
        before = dict(self.machine.entries)
        for call in steps.calls[:until]:
            if self.staging and self.random.random() < 0.3:
                name = self.staging % "x%d" % self.random.randrange(99)
                self.machine.write(name)
                self.machine.remove(name)
            call(self.machine)
            if self.pause and self.random.random() < 0.5:
                self.look(self.pause)
        return {path for path, entry in self.machine.entries.items() if entry != before.get(path)}, len(steps.calls)

    def look(self, seconds):
        self.machine.pass_time(seconds)
        if self.log:
            self.machine.append("train.log", b"one more line\n")
        chosen = self.machine.choose()
        if chosen is not None:
            self.check(chosen)
            # The mirror brings it to S3.
            for file in chosen.part("save", "current"):
                if file.link is None and file.here:
                    self.machine.copies[file.version] = self.machine.files[file.path]

    def check(self, chosen):
        self.chosen.append(chosen)
        for file in chosen.files:
            assert not is_staging(file.path), "%s is staging" % file.path
        for file in chosen.part("save"):
            assert self.machine.available(file), "%s is missing" % file.path
        numbers = [other.save.number for other in self.chosen]
        assert numbers == sorted(numbers), "went back: %r" % numbers[-5:]
        assert chosen.head in chosen.files or any(file.path.startswith(chosen.head) for file in chosen.files)

    def rotate(self, number):
        old = number - self.keep
        if self.keep and old > 0:
            probe = Machine()
            self.layout(probe, old)
            for path in probe.files:
                if path not in self.truth[number] and "#" in path.replace(str(old), "#"):
                    self.machine.remove(path)


class Properties(unittest.TestCase):
    def test_no_required_file_is_missing_and_the_choice_never_goes_back(self):
        for seed in range(SEEDS):
            training = Training(seed)
            saves = training.random.randrange(3, 7)
            with self.subTest(seed=seed, layout=training.layout.__name__):
                for number in range(1, saves + 1):
                    training.truth[number], writes = training.save(number)
                    training.look(training.random.choice((4.0, 7.0, 30.0)))
                    training.rotate(number)
                    training.look(2.0)
                until = training.random.randrange(1, writes + 1)
                last, _ = training.save(saves + 1, until)
                training.machine.see()
                training.machine.end(killed=True)
                chosen = training.machine.choose()
                self.assertIsNotNone(chosen)
                training.check(chosen)
                self.assertOneSave(training, chosen, saves, last if until == writes else None)

    def assertOneSave(self, training, chosen, saves, last):
        """The files of the newest complete save are all there: the last one, or the one before it."""
        machine = training.machine
        paths = set(machine.contents(chosen, "save", "current"))
        weights = {path for path in training.truth[saves] if path in machine.seen.files and machine.seen.is_weight(path)}
        if last is not None:
            self.assertTrue(weights <= paths or {path for path in last if path in machine.seen.files
                                                 and machine.seen.is_weight(path)} <= paths, sorted(paths))
        elif chosen.save.number < machine.seen.number:
            self.assertTrue(weights <= paths, (sorted(weights), sorted(paths)))


if __name__ == "__main__":
    unittest.main()
