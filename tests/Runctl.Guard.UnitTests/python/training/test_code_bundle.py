import hashlib
import io
import os
import tarfile
import threading
from unittest import mock

import support
from runctl_guard.aws import crc
from runctl_guard.aws.session import Session
from runctl_guard.errors import GuardError
from runctl_guard.runs.run import Run
from runctl_guard.system import files
from runctl_guard.system.user_files import Folder
from runctl_guard.system.users import caller
from runctl_guard.training import code_bundle


class Bundles(support.RootedTest):
    def pack(self, *members):
        """Members are (name, text) or (name, {"type": ..., "linkname": ...})."""
        path = os.path.join(self.root, "var/lib/runctl/bundle.tar.gz")
        with tarfile.open(path, "w:gz") as tar:
            for name, content in members:
                info = tarfile.TarInfo(name)
                if isinstance(content, dict):
                    info.type, info.linkname = content["type"], content.get("linkname", "")
                    tar.addfile(info)
                else:
                    info.size, info.mode = len(content), 0o755 if name.endswith(".sh") else 0o644
                    tar.addfile(info, io.BytesIO(content.encode()))
        with open(path, "rb") as file:
            return {"path": "/var/lib/runctl/bundle.tar.gz", "sha256": hashlib.sha256(file.read()).hexdigest()}

    def unpack(self, *members):
        self.pack(*members)
        target = os.path.join(self.root, "unpacked")
        os.makedirs(target)
        return code_bundle.unpack(os.path.join(self.root, "var/lib/runctl/bundle.tar.gz"), target)

    def install(self, run, *members):
        code_bundle.install(run, self.pack(*members), None, caller())


class Unpacking(Bundles):
    def refused(self, *members):
        with self.assertRaises(GuardError) as caught:
            self.unpack(*members)
        self.assertEqual("UnsafePath", caught.exception.id)

    def test_a_name_that_climbs_out_is_refused(self):
        self.refused(("../evil", "x"))

    def test_an_absolute_name_is_refused(self):
        self.refused(("/tmp/evil", "x"))

    def test_a_link_that_leads_out_is_refused(self):
        self.refused(("link", {"type": tarfile.SYMTYPE, "linkname": "../../etc/passwd"}))

    def test_an_absolute_link_is_refused(self):
        self.refused(("link", {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}))

    def test_a_file_behind_a_link_is_refused(self):
        self.refused(("here", {"type": tarfile.SYMTYPE, "linkname": "there"}), ("here/file", "x"))

    def test_hard_links_and_devices_are_refused(self):
        for kind in (tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            with self.subTest(kind=kind):
                self.pack(("odd", {"type": kind, "linkname": "/etc/passwd"}))
                with self.assertRaises(GuardError):
                    code_bundle.unpack(os.path.join(self.root, "var/lib/runctl/bundle.tar.gz"), self.root)

    def test_a_link_inside_stays(self):
        self.unpack(("data/file", "x"), ("data/link", {"type": tarfile.SYMTYPE, "linkname": "file"}))
        self.assertEqual("file", os.readlink(os.path.join(self.root, "unpacked/data/link")))


class Syncing(Bundles):
    def setUp(self):
        super().setUp()
        self.one = self.new_run("old")
        self.project = self.one.state["project_dir"]

    def there(self, name):
        return os.path.exists(os.path.join(self.project, name))

    def test_what_the_bundle_no_longer_has_is_deleted_and_nothing_else(self):
        self.install(self.one, ("train.py", "one"), ("lib/gone.py", "x"), ("checkpoints/seed.txt", "x"))
        for name in ("notes.txt", "checkpoints/epoch_1.pt"):
            with open(os.path.join(self.project, name), "w") as file:
                file.write("mine")
        self.install(self.one, ("train.py", "two"))
        self.assertFalse(self.there("lib"))
        for name in ("train.py", "notes.txt", "checkpoints/epoch_1.pt", "checkpoints/seed.txt"):
            self.assertTrue(self.there(name), name)

    def test_scripts_stay_executable(self):
        self.install(self.one, ("train.py", "x"), ("go.sh", "x"))
        self.assertTrue(os.access(os.path.join(self.project, "go.sh"), os.X_OK))

    def test_two_runs_that_bring_the_same_code_at_once_are_not_in_each_others_way(self):
        other, waiting = Run(self.one.id + "-2"), [1]
        os.makedirs(other.directory)
        files.write_json(other.file("state.json"), self.one.state)
        code = self.pack(("train.py", "new"))
        rename = Folder.rename

        def meanwhile(folder, name, *more):
            if waiting:
                waiting.clear()
                thread = threading.Thread(target=code_bundle.install, args=(other, code, None, caller()))
                thread.start()
                thread.join(20)
            rename(folder, name, *more)
        with mock.patch.object(Folder, "rename", meanwhile):
            code_bundle.install(self.one, code, None, caller())
        self.assertFalse(waiting)
        self.assertEqual(["checkpoints", "train.py"], sorted(os.listdir(self.project)))

    def test_a_damaged_bundle_is_refused(self):
        code = self.pack(("train.py", "x"))
        with self.assertRaises(GuardError) as caught:
            code_bundle.install(self.one, dict(code, sha256="0" * 64), None, caller())
        self.assertEqual("CodeDamaged", caught.exception.id)


class FromS3(Bundles):
    """Its errors are not taken for those of a checkpoint."""

    def setUp(self):
        super().setUp()
        self.start_s3()
        self.one = self.new_run("old", code=None)

    def refused(self, code):
        with self.assertRaises(GuardError) as caught:
            code_bundle.install(self.one, code, Session().s3, caller())
        return caught.exception

    def test_a_bundle_that_is_missing_is_named(self):
        error = self.refused({"bucket": "bucket", "key": "code/1.tar.gz", "size": 10, "sha256": "1" * 64})
        self.assertEqual(("CodeNotFound", "s3://bucket/code/1.tar.gz"), (error.id, error.target))
        self.assertIn("The code bundle can not be used: There is no s3://bucket/code/1.tar.gz", error.message)

    def test_a_bundle_of_another_content_is_named(self):
        self.s3.objects["/bucket/code/1.tar.gz"] = b"spoilt"
        with mock.patch.object(crc, "to_base64", lambda value: "AAAAAA=="):
            error = self.refused({"bucket": "bucket", "key": "code/1.tar.gz", "sha256": "1" * 64})
        self.assertEqual("CodeDamaged", error.id)
        self.assertIn("its CRC32 is wrong", error.message)

    def test_a_bundle_of_another_size_is_named(self):
        self.s3.objects["/bucket/code/1.tar.gz"] = b"spoilt"
        self.assertEqual("CodeDamaged", self.refused({"bucket": "bucket", "key": "code/1.tar.gz", "size": 10, "sha256": "1" * 64}).id)

    def test_a_bundle_that_leads_out_is_named(self):
        self.assertEqual("CodeUnsafe", self.refused(self.pack(("../evil", "x"))).id)
