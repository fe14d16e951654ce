import ast
import base64
import gzip
import json
import os
import subprocess
import sys
import zipfile

import live  # noqa: F401
import support


class Commands(support.RootedTest):
    def call(self, *arguments):
        done = subprocess.run([sys.executable, "-IBS", support.PROGRAM] + list(arguments), stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, universal_newlines=True)
        self.assertEqual(1, done.stdout.count("\n"), done.stdout)
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


def read_bytes(path):
    with open(path, "rb") as file:
        return file.read()


class Archive(support.RootedTest):
    """The program as it is sent: sources without comments, and no entries for folders."""

    def setUp(self):
        super().setUp()
        self.path = os.path.join(self.root, "program.pyz")
        with zipfile.ZipFile(self.path, "w") as archive:
            for path in support.sources():
                archive.writestr(os.path.relpath(path, support.PROGRAM), support.stripped(support.read(path)))

    def run_it(self, *arguments):
        return subprocess.run([sys.executable, "-IBS", self.path] + list(arguments), stdout=subprocess.PIPE, check=True).stdout

    def test_it_is_python_3_8(self):
        with zipfile.ZipFile(self.path) as archive:
            for name in archive.namelist():
                ast.parse(archive.read(name), name, feature_version=(3, 8))

    def test_it_shows_its_commands(self):
        self.assertIn(b"restore", self.run_it("--help"))

    def test_it_answers(self):
        self.assertEqual([], json.loads(self.run_it("status").decode())["runs"])

    def test_each_module_can_be_imported_from_it(self):
        names = [os.path.relpath(path, support.PROGRAM)[:-len(".py")].replace(os.sep, ".") for path in support.sources()]
        names = [name for name in names if name != "__main__"]
        code = "import sys; sys.path.insert(0, sys.argv[1])\nfor name in sys.argv[2:]:\n    __import__(name)"
        subprocess.run([sys.executable, "-IBS", "-c", code, self.path] + names, check=True)
