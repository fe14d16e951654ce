import hashlib
import io
import os
import shutil
import tarfile
import threading
from random import Random
from unittest import mock

import support
from runctl_guard.aws import crc
from runctl_guard.aws.session import Session
from runctl_guard.errors import GuardError
from runctl_guard.runs.run import Run
from runctl_guard.system import files
from runctl_guard.system.user_files import Folder
from runctl_guard.system.users import caller, find_user
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

    def test_links_that_lead_out_by_way_of_one_another_are_refused(self):
        for links in ({"p/q": "..", "p/l": "q/../../etc"}, {"l": "q/x", "q": "p"}, {"l": "p/../x"}):
            with self.subTest(links=links):
                self.refused(*((path, {"type": tarfile.SYMTYPE, "linkname": target}) for path, target in links.items()))
                shutil.rmtree(os.path.join(self.root, "unpacked"))

    def test_a_name_that_is_nested_too_deep_is_refused(self):
        self.refused(("a/" * 64 + "x", "x"))

    def test_a_link_to_a_link_stays(self):
        self.unpack(("data/file", "x"), ("data/link", {"type": tarfile.SYMTYPE, "linkname": "file"}),
                    ("link", {"type": tarfile.SYMTYPE, "linkname": "data/link"}))
        self.assertEqual("data/link", os.readlink(os.path.join(self.root, "unpacked/link")))

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


class ChangedKinds(Bundles):
    """What turns from one kind of thing into another between two syncs."""

    NAMES = ("a", "b", "c")

    def setUp(self):
        super().setUp()
        self.one = self.new_run("old")
        self.project = self.one.state["project_dir"]
        os.unlink(os.path.join(self.project, "train.py"))
        self.outside = os.path.join(self.root, "outside")
        os.makedirs(self.outside)
        with open(os.path.join(self.outside, "canary"), "w") as file:
            file.write("alive")

    def sync(self, tree):
        """The tree by path: a text for a file, a tuple with the target for a link."""
        self.install(self.one, *((name, {"type": tarfile.SYMTYPE, "linkname": content[0]} if isinstance(content, tuple) else content)
                                 for name, content in tree.items()))

    def tree(self, top=None):
        top, found = top or self.project, {}
        for folder, folders, names in os.walk(top):
            for name in folders + names:
                path = os.path.join(folder, name)
                shown = os.path.relpath(path, top)
                if os.path.islink(path):
                    found[shown] = (os.readlink(path),)
                elif os.path.isfile(path):
                    with open(path) as file:
                        found[shown] = file.read()
                elif not os.listdir(path):
                    found[shown] = "an empty directory"
        return found

    def synced(self, tree):
        self.sync(tree)
        self.assertEqual(dict(tree, checkpoints="an empty directory"), self.tree())
        self.assertEqual({"canary": "alive"}, self.tree(self.outside))

    def test_a_link_that_becomes_a_directory_is_not_written_through(self):
        self.synced({"v1/net.py": "OLD", "current": ("v1",)})
        self.synced({"v1/net.py": "OLD", "current/net.py": "NEW"})
        self.synced({"v1/net.py": "OLD", "current": ("v1",)})

    def some_tree(self, random):
        tree = {}
        for _ in range(random.randint(1, 5)):
            name = "/".join(random.choice(self.NAMES) for _ in range(random.randint(1, 3)))
            above = {name[:index] for index, character in enumerate(name) if character == "/"}
            if not above & set(tree) and not any(other == name or other.startswith(name + "/") for other in tree):
                depth = name.count("/")
                tree[name] = ("../" * depth + random.choice(self.NAMES),) if random.random() < 0.4 else "%06x" % random.getrandbits(24)
        return tree

    def test_whatever_a_tree_turns_into_it_equals_the_bundle_afterwards(self):
        for seed in range(60):
            random = Random(seed)
            before, after = self.some_tree(random), self.some_tree(random)
            with self.subTest(seed=seed, before=before, after=after):
                self.synced(before)
                self.synced(after)

    def test_whatever_the_user_put_in_the_way_is_moved_aside_and_not_lost(self):
        for seed in range(40):
            random = Random(seed)
            before, theirs, after = (self.some_tree(random) for _ in range(3))
            with self.subTest(seed=seed, before=before, theirs=theirs, after=after):
                self.sync(before)
                mine = {}
                for name, content in theirs.items():
                    path = os.path.join(self.project, name)
                    if os.path.realpath(os.path.dirname(path)).startswith(self.outside):
                        continue
                    try:
                        os.makedirs(os.path.dirname(path), exist_ok=True)
                        if not os.path.lexists(path):
                            if isinstance(content, tuple):
                                os.symlink(self.outside, path)
                            else:
                                with open(path, "w") as file:
                                    file.write("MINE " + content)
                                mine[os.path.realpath(path)] = "MINE " + content
                    except OSError:
                        continue  # A file or a link that leads nowhere is in the way of the user, too.
                self.sync(after)
                there = self.tree()
                self.assertEqual(after, {name: there.get(name) for name in after})
                self.assertEqual({"canary": "alive"}, self.tree(self.outside))
                contents = [content for folder in [self.project] + self.aside() for content in self.tree(folder).values()]
                for path, content in mine.items():
                    if os.path.relpath(path, self.project) not in after:
                        self.assertIn(content, contents)
            for folder in [self.project] + self.aside():
                shutil.rmtree(folder)
            os.makedirs(self.checkpoints)

    def aside(self):
        above = os.path.dirname(self.project)
        return [os.path.join(above, name) for name in os.listdir(above) if name.startswith("project.replaced-")]

    def warnings(self):
        return [event["data"] for event in self.one.events() if event["kind"] == "Warning"]

    def test_a_directory_of_the_users_in_the_way_of_a_file_is_moved_beside_the_project(self):
        os.makedirs(os.path.join(self.project, "data"))
        with open(os.path.join(self.project, "data", "mine.csv"), "w") as file:
            file.write("mine")
        self.sync({"data": "theirs"})
        [aside] = self.aside()
        self.assertEqual({"data/mine.csv": "mine"}, self.tree(aside))
        self.assertEqual([("CodeInTheWay", aside, ["data"])], [(one["id"], one["moved"], one["paths"]) for one in self.warnings()])

    def test_a_checkpoint_directory_that_is_a_link_stays_one(self):
        os.rmdir(self.checkpoints)
        os.symlink(self.outside, self.checkpoints)
        self.sync({"checkpoints/.gitkeep": "", "train.py": "x"})
        self.assertEqual({"checkpoints": (self.outside,), "train.py": "x"}, self.tree())
        self.assertEqual({"canary": "alive"}, self.tree(self.outside))
        self.assertEqual(["checkpoints/.gitkeep"], self.warnings()[0]["skipped"])

    def test_a_file_of_the_name_of_the_checkpoint_directory_is_refused(self):
        with open(os.path.join(self.checkpoints, "epoch_1.pt"), "w") as file:
            file.write("weights")
        with self.assertRaises(GuardError) as caught:
            self.sync({"checkpoints": "x"})
        self.assertEqual(("PathInUse", "checkpoints"), (caught.exception.id, caught.exception.target))
        self.assertEqual({"checkpoints/epoch_1.pt": "weights"}, self.tree())

    def test_a_sync_that_was_cut_off_leaves_nothing_that_the_next_one_does_not_remove(self):
        rename = Folder.rename

        def cut_off(folder, name, to, *more):
            rename(folder, name, to, *more)
            raise KeyboardInterrupt
        with mock.patch.object(Folder, "rename", cut_off), self.assertRaises(KeyboardInterrupt):
            self.sync({"left/over.py": "x", "train.py": "x"})
        self.synced({"train.py": "y"})


class AsAnotherUser(support.OtherUserTest):
    """The training's user is not root, and plants links."""

    pack, install = Bundles.pack, Bundles.install

    def setUp(self):
        super().setUp()
        self.one = self.new_run("old")
        self.project = self.one.state["project_dir"]
        self.user = find_user(None)

    def sync(self, *members):
        code_bundle.install(self.one, self.pack(*members), None, self.user)

    def test_code_is_not_placed_through_a_link_to_a_directory_of_roots(self):
        of_root = os.path.dirname(self.secret())
        os.symlink(of_root, os.path.join(self.project, "lib"))
        self.sync(("lib/util.sh", "evil"))
        self.assertEqual(["secret"], os.listdir(of_root))
        with open(os.path.join(self.project, "lib/util.sh")) as file:
            self.assertEqual("evil", file.read())

    def test_what_the_bundle_no_longer_has_is_not_deleted_through_a_link(self):
        self.sync(("lib/secret", "x"), ("train.py", "x"))
        shutil.rmtree(os.path.join(self.project, "lib"))
        os.symlink(os.path.dirname(self.secret()), os.path.join(self.project, "lib"))
        self.sync(("train.py", "x"))
        self.assertTrue(os.path.exists(self.secret()))

    def test_all_of_it_belongs_to_the_user(self):
        self.sync(("lib/a.py", "x"), ("link", {"type": tarfile.SYMTYPE, "linkname": "lib"}), ("go.sh", "x"))
        for name in ("lib", "lib/a.py", "link", "go.sh"):
            self.assertEqual(self.UID, os.lstat(os.path.join(self.project, name)).st_uid, name)

    def test_a_project_that_is_not_the_users_is_refused_with_what_to_do(self):
        os.chown(self.project, 0, 0)
        with self.assertRaises(GuardError) as caught:
            self.sync(("new.py", "x"))
        self.assertEqual(("ProjectRefused", self.project), (caught.exception.id, caught.exception.target))


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
        self.assertIn("The code bundle cannot be used: There is no s3://bucket/code/1.tar.gz", error.message)

    def test_a_bundle_of_another_content_is_named(self):
        self.s3.objects["/bucket/code/1.tar.gz"] = b"spoilt"
        with mock.patch.object(crc, "to_base64", lambda value: "AAAAAA=="):
            error = self.refused({"bucket": "bucket", "key": "code/1.tar.gz", "sha256": "1" * 64})
        self.assertEqual("CodeDamaged", error.id)
        self.assertIn("its CRC32 is wrong", error.message)

    def test_two_runs_that_fetch_the_same_bundle_at_once_do_not_share_what_is_not_whole(self):
        with open(os.path.join(self.root, self.pack(("train.py", "new"))["path"].lstrip("/")), "rb") as file:
            data = file.read()
        self.s3.objects["/bucket/code/1.tar.gz"] = data
        code = {"bucket": "bucket", "key": "code/1.tar.gz", "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        first, other = threading.Lock(), []

        def fail(method, path, query):
            if method == "GET" and first.acquire(blocking=False):
                thread = threading.Thread(target=lambda: other.append(code_bundle._fetch(self.one, code, Session().s3)))
                thread.start()
                thread.join(20)
        self.s3.fail = fail
        self.assertEqual([code_bundle._fetch(self.one, code, Session().s3)], other)
        self.assertEqual([code["sha256"] + ".tar.gz"], os.listdir(os.path.dirname(other[0])))

    def test_a_bundle_of_another_size_is_named(self):
        self.s3.objects["/bucket/code/1.tar.gz"] = b"spoilt"
        self.assertEqual("CodeDamaged", self.refused({"bucket": "bucket", "key": "code/1.tar.gz", "size": 10, "sha256": "1" * 64}).id)

    def test_a_bundle_that_leads_out_is_named(self):
        self.assertEqual("CodeUnsafe", self.refused(self.pack(("../evil", "x"))).id)
