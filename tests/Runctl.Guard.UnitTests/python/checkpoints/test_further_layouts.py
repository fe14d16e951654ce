"""Further trainings: what comes back is of one save, whole, with the head; also if the training is killed after any operation."""
import unittest

from . import simulator  # noqa: F401
from .further_layouts import HALF, LAYOUTS, Disk, number_in
from runctl_guard.checkpoints.completeness import cut_off

SAVES = 3


class Operations:
    """Notes what a save does, to do a part of it."""

    def __init__(self, layout, n):
        self.noted = []
        layout.save(self, n)

    def __getattr__(self, name):
        return lambda *args, **more: self.noted.append((name, args, more))


class Further(unittest.TestCase):
    def trained(self, layout, saves=SAVES, slowly=False):
        disk = Disk(layout.settings)
        disk.pass_time(20)
        for n in range(1, saves + 1):
            self.do(disk, Operations(layout, n).noted, slowly)
            disk.pass_time(5)
            self.mirror(disk)
            disk.pass_time(30, every=5)
        return disk

    def do(self, disk, operations, slowly=False):
        for name, args, more in operations:
            getattr(disk, "put_slowly" if slowly and name == "put" else name)(*args, **more)

    def mirror(self, disk):
        """What is chosen now comes to S3."""
        chosen = self.chosen(disk)
        for file in chosen.part("save", "current") if chosen else ():
            if file.here and file.link is None:
                disk.copies[file.version] = disk.files[file.path]

    def chosen(self, disk):
        def prove(checkpoint):
            cut = cut_off(disk.seen, checkpoint)
            return {path: "cut off" for path, data in self.restored(disk, checkpoint, "save").items() if HALF in data
                    and (path in cut or disk.seen.files[path].kind not in ("binary", "text", "json"))}
        return disk.decide(prove=prove).chosen

    def restored(self, disk, checkpoint, *parts):
        found = {}
        for file in checkpoint.part(*(parts or ("save", "current"))):
            if file.link is None:
                now = file.here and disk.seen.files[file.path].version == file.version
                found[file.path] = disk.files[file.path] if now else disk.copies[file.version]
        return found

    def check(self, disk, layout, *numbers):
        """A script goes on from one of these saves."""
        chosen, wrong = self.chosen(disk), []
        self.assertIsNotNone(chosen)
        files = self.restored(disk, chosen)
        for n in numbers:
            try:
                self.assertEqual({n}, {number_in(files[path]) for path in layout.needs(n)})
                self.assertEqual(layout.head(n) or chosen.head, chosen.head)
                return
            except (AssertionError, KeyError, ValueError) as error:
                wrong.append("%d: %s %s" % (n, type(error).__name__, error))
        self.fail("%s of %s: %s" % (chosen.head, sorted(files), "; ".join(wrong)))

    def test_each_save_is_whole_and_has_its_head(self):
        for name, layout in LAYOUTS.items():
            for slowly in (False, True):
                with self.subTest(name, slowly=slowly):
                    self.check(self.trained(layout, slowly=slowly), layout, SAVES)

    def test_killed_after_any_operation_this_save_or_the_one_before_is_whole(self):
        for name, layout in LAYOUTS.items():
            operations = Operations(layout, SAVES + 1).noted
            for count, (last, args, more) in enumerate(operations):
                for begun in (False, True) if last == "put" else (False,):
                    with self.subTest(name, operations=count, begun=begun):
                        disk = self.trained(layout)
                        self.do(disk, operations[:count])
                        if begun:
                            disk.put_slowly(*args, **more, end=False)
                        disk.pass_time(0.5)
                        cut = set(disk.open)
                        disk.end(killed=True)
                        for path in cut & set(disk.seen.files):
                            disk.seen.files[path].cut = True
                        self.check(disk, layout, SAVES + 1, SAVES)

    def test_the_save_at_the_signal_is_whole_however_long_after_the_one_before_it(self):
        for name, layout in LAYOUTS.items():
            for gap in (0.5, 1.5, 4.0):
                with self.subTest(name, gap=gap):
                    disk = self.trained(layout, SAVES - 1)
                    self.do(disk, Operations(layout, SAVES).noted)
                    disk.pass_time(gap)
                    disk.seen.told = int((disk.wall + 0.5) * 1e9)
                    disk.seen.cut_here(disk.now, 0.5)
                    self.do(disk, Operations(layout, SAVES + 1).noted, slowly=True)
                    disk.see()
                    disk.end()
                    self.check(disk, layout, SAVES + 1)


if __name__ == "__main__":
    unittest.main()
