import contextlib
import io
import os
import subprocess
import sys
import zipfile
from unittest import mock

import live  # noqa: F401
import support


class Bytecode(support.RootedTest):
    """The archive as it lies on an instance, and what is kept in it."""

    def setUp(self):
        super().setUp()
        self.path = os.path.join(self.root, "program.pyz")
        self.pack()

    def pack(self):
        with zipfile.ZipFile(self.path, "w") as archive:
            for path in support.sources():
                archive.write(path, os.path.relpath(path, support.PROGRAM))

    def python(self, code):
        return subprocess.run([sys.executable, "-IBS", "-c", "import sys; sys.path.insert(0, sys.argv[1]); " + code, self.path],
                              stdout=subprocess.PIPE, check=True, universal_newlines=True).stdout

    def keep(self):
        self.python("from runctl_guard.service import bytecode_cache; bytecode_cache.keep(sys.argv[1])")

    def status(self):
        return subprocess.run([sys.executable, "-IBS", self.path, "status"], stdout=subprocess.PIPE).returncode

    def spoil(self, suffix):
        """All entries of a kind become something else of the same length."""
        with zipfile.ZipFile(self.path) as archive:
            found = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(self.path, "w") as archive:
            for name, data in found.items():
                archive.writestr(name, b"?" * len(data) if name.endswith(suffix) else data)

    def test_every_source_has_its_bytecode_and_is_still_there(self):
        with zipfile.ZipFile(self.path) as archive:
            before = set(archive.namelist())
        self.keep()
        with zipfile.ZipFile(self.path) as archive:
            self.assertEqual(before | {name + "c" for name in before}, set(archive.namelist()))
            self.assertIsNone(archive.testzip())

    def test_it_is_what_runs(self):
        self.spoil(".py")
        self.assertNotEqual(0, self.status())
        self.pack()
        self.keep()
        self.spoil(".py")
        self.assertEqual(0, self.status())

    def test_that_of_another_python_is_passed_over(self):
        self.keep()
        self.spoil(".pyc")
        self.assertEqual(0, self.status())

    def test_it_is_made_once(self):
        self.keep()
        before = os.stat(self.path)
        self.keep()
        self.assertEqual((before.st_ino, before.st_mtime_ns), (os.stat(self.path).st_ino, os.stat(self.path).st_mtime_ns))

    def test_who_runs_from_the_archive_already_still_finds_all_of_it(self):
        told = self.python("""
from runctl_guard.service import bytecode_cache
bytecode_cache.keep(sys.argv[1])
from runctl_guard.aws import upload
from runctl_guard.commands import check, processes
from runctl_guard.guard import daemon
from runctl_guard.interruption import sequence
print(daemon.__file__)""")
        self.assertTrue(told.startswith(self.path), told)

    def test_bytecode_that_can_not_be_made_holds_up_no_guard(self):
        from runctl_guard.service import guard_process
        from runctl_guard.system import files, paths, processes
        self.spoil(".py")
        identity = dict(processes.own().identity(), program=self.path, ready=True)
        with mock.patch.object(paths, "program", lambda: self.path), contextlib.redirect_stderr(io.StringIO()), \
                mock.patch.object(guard_process, "detach", lambda *_: files.write_json(guard_process.guard_file(), identity)), \
                mock.patch.object(guard_process, "has_systemd", lambda: False):
            self.assertEqual(identity, guard_process.ensure_guard())

    def test_a_folder_of_sources_is_left_alone(self):
        from runctl_guard.service import bytecode_cache
        before = list(os.walk(support.PROGRAM))
        bytecode_cache.keep(support.PROGRAM)
        self.assertEqual(before, list(os.walk(support.PROGRAM)))
