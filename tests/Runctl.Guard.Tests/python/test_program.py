import ast
import base64
import contextlib
import gzip
import io
import os
import re
import subprocess
import sys
import tarfile
import unittest
import zipfile
from unittest import mock

import support


def sources():
    for folder, _, names in sorted(os.walk(support.PROGRAM)):
        for name in sorted(names):
            if name.endswith(".py"):
                yield os.path.join(folder, name)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


class Program(unittest.TestCase):
    def test_it_is_python_3_8(self):
        for path in sources():
            ast.parse(read(path), path, feature_version=(3, 8))

    def test_it_needs_nothing_but_the_standard_library(self):
        known = getattr(sys, "stdlib_module_names", None)
        if known is None:
            self.skipTest("this Python does not say what its library has")
        for path in sources():
            for node in ast.walk(ast.parse(read(path))):
                if isinstance(node, ast.Import):
                    for alias in node.names:
                        self.assertIn(alias.name.split(".")[0], known, path)
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    self.assertIn(node.module.split(".")[0], set(known) | {"runctl_guard"}, path)

    def test_without_comments_it_does_not_outgrow_three_ssm_commands(self):
        # One takes 50,000 characters of it, beside its document and the call that follows; three are sent at once.
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            for path in sources():
                data = stripped(read(path)).encode()
                info = tarfile.TarInfo(os.path.relpath(path, support.PROGRAM))
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        size = len(base64.b64encode(gzip.compress(buffer.getvalue(), 9)))
        self.assertLess(size, LARGEST)

    def test_docstrings_can_be_taken_out_line_by_line(self):
        for path in sources():
            plain = ast.dump(without_docstrings(ast.parse(read(path))))
            self.assertEqual(plain, ast.dump(without_docstrings(ast.parse(stripped(read(path))))), path)


LARGEST = 144 * 1024


def stripped(text):
    """What a sender may do to save space: comment lines, docstrings and empty lines go. Each stands on lines of its own."""
    text = re.sub(r'(?ms)^[ ]*""".*?"""[ ]*\n', "", text)
    return "".join(line + "\n" for line in text.split("\n") if line.strip() and not line.lstrip().startswith("#"))


def without_docstrings(tree):
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr) \
                and isinstance(getattr(body[0], "value", None), ast.Constant) and isinstance(body[0].value.value, str):
            del body[0]
    return tree


class Commands(support.RootedTest):
    def call(self, *arguments):
        done = subprocess.run([sys.executable, "-IBS", support.PROGRAM] + list(arguments), stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, universal_newlines=True)
        self.assertEqual(1, done.stdout.count("\n"), done.stdout)
        import json
        return done.returncode, json.loads(done.stdout)

    def test_status_answers_where_there_is_no_guard(self):
        code, answer = self.call("status")
        self.assertEqual((0, False, []), (code, answer["guard"]["alive"], answer["runs"]))

    def test_a_run_that_is_not_there_has_an_exit_code_of_its_own(self):
        code, answer = self.call("events", "--run", "nothing")
        self.assertEqual((3, "RunNotFound"), (code, answer["error"]["id"]))

    def test_usage_errors_are_json_too(self):
        for arguments in ((), ("nonsense",), ("log",), ("@!",)):
            self.assertEqual(2, self.call(*arguments)[0])

    def test_a_drill_without_a_guard_is_refused(self):
        run = self.new_run()
        run.update(state="running")
        self.assertEqual(7, self.call("drill", "--run", run.id, "--window", "10")[0])

    def test_the_log_comes_in_pieces_that_fit(self):
        run = self.new_run()
        with open(run.file("log"), "wb") as file:
            file.write(os.urandom(50000))
        offset, pieces = 0, []
        while True:
            _, answer = self.call("log", "--run", run.id, "--offset", str(offset), "--max-bytes", "15000")
            self.assertLess(len(answer["data"]), 15001)
            pieces.append(gzip.decompress(base64.b64decode(answer["data"])))
            offset = answer["next_offset"]
            if offset == answer["size"]:
                break
        self.assertEqual(read_bytes(run.file("log")), b"".join(pieces))

    def test_status_fits_however_many_events_there_are(self):
        run = self.new_run()
        for number in range(60):
            run.emit("Warning", "warning number %d " % number + "x" * 50, id="Test")
        done = subprocess.run([sys.executable, "-IBS", support.PROGRAM, "status", "--events", "50"],
                              stdout=subprocess.PIPE)
        self.assertLessEqual(len(done.stdout), 2400)
        self.assertIn(b"warning number 59", done.stdout)


class Bytecode(support.RootedTest):
    """The archive as it lies on an instance, and what is kept in it."""

    def setUp(self):
        super().setUp()
        self.path = os.path.join(self.root, "program.pyz")
        self.pack()

    def pack(self):
        with zipfile.ZipFile(self.path, "w") as archive:
            for path in sources():
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


def read_bytes(path):
    with open(path, "rb") as file:
        return file.read()


if __name__ == "__main__":
    unittest.main()
