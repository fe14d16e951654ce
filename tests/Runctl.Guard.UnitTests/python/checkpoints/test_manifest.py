"""What is read as a manifest and is none: always one and the same error, which leads to the checkpoint before."""
import json
import os
import shutil
from unittest import mock

from .saved import Saved
from runctl_guard.aws import connections
from runctl_guard.checkpoints import store
from runctl_guard.checkpoints.manifest import manifest_of, read_manifest
from runctl_guard.errors import GuardError


class Shape(Saved):
    def test_whatever_is_wrong_with_its_form_it_is_a_bad_manifest(self):
        self.started()
        committed = self.save("step_1.pt")
        body, key = self.manifest(committed), "/bucket/" + committed["manifest"][len("s3://bucket/"):]
        file = body["files"][0]
        old = dict(body, schema=1, kind="file")

        def of(**changed):
            return dict(body, files=[dict(file, **changed)])

        def beside(*entries):
            return dict(body, files=[file] + [dict({"class": "save"}, **entry) for entry in entries])

        def without(value, name):
            return {other: value[other] for other in value if other != name}
        cases = {
            "size 1e999": json.dumps(of(size="@")).replace('"@"', "1e999"), "size below 0": of(size=-5), "size true": of(size=True),
            "size text": of(size="7"), "size fraction": of(size=7.5), "size huge": of(size=10 ** 30), "no size": dict(body, files=[without(file, "size")]),
            "no saved_at": without(body, "saved_at"), "saved_at list": dict(body, saved_at=[]), "saved_at text": dict(body, saved_at="x"),
            "saved_at before 1970": dict(body, saved_at="0001-01-01T00:00:00Z"), "saved_at for ever": dict(body, saved_at="2026-01-31T12:00:00.1e999Z"),
            "files dict": dict(body, files={"a": 1}), "files text": dict(body, files="abc"), "files number": dict(body, files=[5]),
            "files null": dict(body, files=None), "no files": dict(body, files=[]), "file null": dict(body, files=[None]),
            "link empty": beside({"path": "l", "link": ""}), "link number": beside({"path": "l", "link": 5}),
            "link NUL": beside({"path": "l", "link": "a\0"}), "link long": beside({"path": "l", "link": "a" * 5000}),
            "link surrogate": beside({"path": "l", "link": "\ud800"}), "link bell": beside({"path": "l", "link": "a\x07"}), "path number": of(path=5), "path NUL": of(path="a\0b"),
            "path surrogate": of(path="a\ud800"), "path escape": of(path="a\x1b[2J"), "path turned": of(path="\u202egpj.pt"), "path part long": of(path="a" * 256), "path deep": of(path="/".join("a" * 65)),
            "path long": of(path="/".join(["a" * 200] * 6)), "path of 1,500 parts": of(path="/".join("a" * 1500)),
            "path twice": beside(file), "path below a file": beside(dict(file, path="step_1.pt/x")),
            "path below a link": beside({"path": "l", "link": "m"}, dict(file, path="l/x")),
            "path staging": of(path=".runctl-restore.tmp/x"), "path is staging": of(path=".runctl-restore.tmp"),
            "head staging": dict(body, head=".runctl-restore.tmp"), "head number": dict(body, head=5), "name null": dict(body, name=None),
            "key number": of(key=5), "key surrogate": of(key="saved/\ud800"), "crc32 null": of(crc32=None), "class list": of(**{"class": []}),
            "class unknown": of(**{"class": "x"}), "deep": "[" * 100000 + "]" * 100000, "deep inside": dict(body, validation=json.loads("[" * 70 + "]" * 70)),
            "list": [], "null": None, "text": "x", "no JSON": "{", "no text": b"\xff\xfe", "schema 3": dict(body, schema=3),
            "schema 0": dict(body, schema=0), "schema true": dict(body, schema=True), "schema list": dict(body, schema=[]), "step dict": dict(body, step={"a": 1}),
            "run number": dict(body, run_id=5), "schema 1 without size": dict(old, files=[without(file, "size")]),
            "schema 1 without kind": without(old, "kind"), "schema 1 files dict": dict(old, files={"a": 1}),
            "schema 1 path null": dict(old, kind="directory", files=[dict(file, path=None)])}
        for name, content in cases.items():
            if not isinstance(content, bytes):
                content = (content if isinstance(content, str) and content[0] in "{[" else json.dumps(content)).encode()
            self.s3.objects[key] = content
            with self.subTest(name), self.assertRaises(GuardError) as caught:
                read_manifest(self.session.s3(), committed["manifest"])
            self.assertEqual("BadManifest", caught.exception.id, name)

    def test_the_longest_path_that_the_guard_saves_is_read(self):
        self.started()
        committed = self.save("/".join("a" * 63) + "/epoch_1.pt")
        self.assertEqual(["/".join("a" * 63) + "/epoch_1.pt"],
                         [file["path"] for file in read_manifest(self.session.s3(), committed["manifest"])["files"]])

    def test_one_that_is_too_large_to_be_read_is_a_bad_manifest(self):
        self.started()
        committed = self.save("step_1.pt")
        with mock.patch.object(connections, "LARGEST", 10), self.assertRaises(GuardError) as caught:
            read_manifest(self.session.s3(), committed["manifest"])
        self.assertEqual("BadManifest", caught.exception.id)


class Written(Saved):
    """What the guard commits can be read and restored, whatever names and times a training gives to its files."""

    def raw(self, name):
        return os.path.join(os.fsencode(self.checkpoints), name)

    def readable(self, committed):
        return {entry["path"]: entry.get("link") for entry in read_manifest(self.session.s3(), committed["manifest"])["files"]}

    def test_names_that_are_no_text_and_links_to_them_are_left_out_and_told(self):
        self.started()
        self.write("epoch_1.pt")
        os.mkdir(self.raw(b"d\xff"))
        for name in (b"epoch_\xff2.pt", b"epoch_3.pt\x1b[2J", b"epoch_4\n.pt", "\u202etp.5_hcope".encode(), b"d\xff/epoch_6.pt"):
            shutil.copy(self.raw(b"epoch_1.pt"), self.raw(name))
        os.symlink(b"epoch_\xff2.pt", self.raw(b"last.pt"))
        os.symlink(b"d\xff/epoch_6.pt", self.raw(b"best.pt"))
        os.symlink(b"epoch_1.pt", self.raw(b"first.pt"))
        self.look()
        self.assertEqual({"epoch_1.pt": None, "first.pt": "epoch_1.pt"}, self.readable(self.upload()))
        self.assertEqual({"best.pt", "last.pt", "d\ufffd", "epoch_\ufffd2.pt", "epoch_3.pt\ufffd[2J", "epoch_4\ufffd.pt", "\ufffdtp.5_hcope"},
                         set(self.watch.unkept()))

    def test_any_time_of_a_file_can_be_written_and_read(self):
        self.started()
        for number, seconds in enumerate((-5, 0, 1 << 33)):
            name = "epoch_%d.pt" % number
            self.write(name)
            os.utime(os.path.join(self.checkpoints, name), (seconds, seconds))
            self.look()
            self.assertIn(name, self.readable(self.upload()))

    def test_a_manifest_that_could_not_be_read_is_not_written(self):
        self.started()
        self.write("epoch_1.pt")
        self.look()
        for wrong in ({"name": ""}, {"saved_at": "x"}, {"files": []}):
            with self.subTest(wrong), mock.patch.object(store, "manifest_of", lambda *more: dict(manifest_of(*more), **wrong)), \
                    self.assertRaises(GuardError) as caught:
                self.upload()
            self.assertEqual("BadManifest", caught.exception.id)
        self.assertEqual([], [key for key in self.left() if key.endswith(".json")])
        self.assertIn("epoch_1.pt", self.readable(self.upload()))
