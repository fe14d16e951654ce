"""Files of the user: with the user's rights, and never through a link that the user did not name."""
import fcntl
import os
import shutil
import socket
import tempfile
from unittest import mock

import support
from runctl_guard.errors import GuardError
from runctl_guard.system import files, paths, user_files
from runctl_guard.system.user_files import make_folder, open_folder, open_readable, rights_of
from runctl_guard.system.users import User, find_user


class Theirs(support.OtherUserTest):
    def setUp(self):
        super().setUp()
        self.user = find_user(None)
        self.home = self.user.home

    def place(self, name):
        return os.path.join(self.home, name)

    def make(self, name):
        os.makedirs(self.place(name), exist_ok=True)
        os.chown(self.place(name), self.UID, self.UID)
        return self.place(name)

    def refused(self, id, act, *arguments):
        with self.assertRaises(GuardError) as caught:
            act(*arguments)
        self.assertEqual(id, caught.exception.id)
        return caught.exception


class Reading(Theirs):
    def test_what_the_user_may_not_read_is_not_opened_through_a_link(self):
        os.symlink(self.secret(), self.place("epoch_99.pt"))
        with self.assertRaises(PermissionError):
            open_readable(self.place("epoch_99.pt"), self.user)
        os.close(open_readable(self.place("epoch_99.pt"), None))

    def test_what_the_user_may_read_is_opened_through_a_link(self):
        with open(self.place("epoch_3.pt"), "w") as file:
            file.write("weights")
        os.symlink("epoch_3.pt", self.place("last.pt"))
        descriptor = open_readable(self.place("last.pt"), self.user)
        self.assertEqual(b"weights", os.pread(descriptor, 100, 0))
        os.close(descriptor)

    def test_what_is_no_file_is_neither_opened_nor_waited_for(self):
        os.mkfifo(self.place("fifo"))
        os.mkdir(self.place("directory"))
        os.symlink("/nowhere", self.place("dangling"))
        os.symlink("loop", self.place("loop"))
        bound = socket.socket(socket.AF_UNIX)
        self.addCleanup(bound.close)
        bound.bind(self.place("socket"))
        os.symlink("/dev/zero", self.place("device"))
        for name in ("fifo", "directory", "dangling", "loop", "socket", "device"):
            with self.subTest(name), self.assertRaises(OSError):
                open_readable(self.place(name), self.user)

    def test_a_writer_of_a_fifo_does_not_notice_that_it_was_looked_at(self):
        os.mkfifo(self.place("fifo"))
        with self.assertRaises(OSError):
            open_readable(self.place("fifo"), self.user)
        # A reader would have let it open.
        with self.assertRaises(OSError):
            os.open(self.place("fifo"), os.O_WRONLY | os.O_NONBLOCK)

    def test_the_first_and_last_bytes_of_a_file_of_any_size(self):
        path = self.place("progress")
        with open(path, "wb") as file:
            file.write(b"first")
            file.truncate(1 << 40)
            file.seek(1 << 40)
            file.write(b"last")
        self.assertEqual((b"first", b"last"), (user_files.read_small(path, None, 5), user_files.read_small(path, None, 5, -4)))
        self.assertIsNone(user_files.read_small(self.place("none"), None, 5))


class Rights(Theirs):
    def test_files_made_with_the_rights_of_the_user_belong_to_the_user(self):
        with rights_of(self.user):
            open(self.place("a"), "w").close()
            with self.assertRaises(PermissionError):
                open(os.path.join(self.root, "b"), "w").close()
        self.assertEqual(self.UID, os.stat(self.place("a")).st_uid)
        open(os.path.join(self.root, "b"), "w").close()

    def test_one_block_in_another_ends_neither(self):
        other = User("other", 12345, 12345, "/", "/bin/sh", True)
        with rights_of(self.user):
            for inner in (self.user, other):
                with rights_of(inner):
                    pass
                with self.assertRaises(PermissionError):
                    open(self.secret_of_root).close()
        open(self.secret_of_root).close()

    def setUp(self):
        super().setUp()
        self.secret_of_root = self.secret()


class Folders(Theirs):
    def test_no_name_below_a_folder_leads_through_a_link(self):
        outside = os.path.dirname(self.secret("target"))
        os.chmod(outside, 0o777)
        self.make("folder")
        os.symlink(outside, self.place("folder/link"))
        os.symlink(os.path.join(outside, "target"), self.place("folder/file"))
        with open_folder(self.place("folder"), None) as folder:
            for act in (folder.create, folder.make, folder.remove, folder.open, folder.kind):
                with self.subTest(act.__name__):
                    self.assertIn(self.place("folder/link"), self.refused("LinkInTheWay", act, "link/x").message)
            self.refused("LinkInTheWay", folder.rename, "file", "link/x")
            self.refused("LinkInTheWay", folder.link, "x", "link/x")
            for act in (folder.create, folder.open):
                with self.assertRaises(OSError):
                    act("file")
            folder.remove("link")
            folder.remove("file")
        self.assertEqual(["target"], os.listdir(outside))
        with open(os.path.join(outside, "target")) as file:
            self.assertEqual("ROOT ONLY", file.read())

    def test_no_name_leads_out_of_the_folder(self):
        with open_folder(self.home, self.user) as folder:
            for name in ("../x", "/etc/x", "a/../../x", "a//b", ""):
                self.refused("UnsafePath", folder.create, name)

    def test_a_directory_that_the_user_made_a_link_of_is_followed_with_the_rights_of_the_user(self):
        data = self.make("data")
        os.symlink(data, self.place("checkpoints"))
        with open_folder(self.place("checkpoints"), self.user) as folder:
            os.close(folder.create("sub/epoch_1.pt"))
        self.assertEqual(self.UID, os.stat(os.path.join(data, "sub/epoch_1.pt")).st_uid)
        folder = os.path.dirname(self.secret())
        os.symlink(folder, self.place("etc"))
        with open_folder(self.place("etc"), self.user) as folder, self.assertRaises(PermissionError):
            folder.create("evil")

    def test_a_tree_is_removed_without_what_its_links_lead_to(self):
        self.make("tree/a/b")
        os.symlink(self.secret(), self.place("tree/a/file"))
        os.symlink(os.path.dirname(self.secret()), self.place("tree/a/b/folder"))
        with open_folder(self.home, None) as folder:
            folder.remove("tree")
            folder.remove("tree")
            self.assertIsNone(folder.kind("tree"))
        self.assertTrue(os.path.exists(self.secret()))

    def test_what_is_moved_to_another_disk_is_copied_with_its_times_and_links_and_goes(self):
        elsewhere = tempfile.mkdtemp(dir="/dev/shm", prefix="runctl-guard-")
        self.addCleanup(shutil.rmtree, elsewhere)
        if os.stat(elsewhere).st_dev == os.stat(self.home).st_dev:
            self.skipTest("/dev/shm is no disk of its own")
        os.chown(elsewhere, self.UID, self.UID)
        self.make("tree/inner")
        self.make("tree")
        name = "n" * 255
        with rights_of(self.user):
            with open(self.place("tree/inner/" + name), "w") as file:
                file.write("weights")
            os.utime(self.place("tree/inner/" + name), (5, 5))
            os.symlink("inner", self.place("tree/link"))
            os.mkfifo(self.place("tree/fifo"))
        with open_folder(self.home, self.user) as here, open_folder(elsewhere, self.user) as there:
            here.rename("tree", "moved", there)
            self.assertEqual([("moved", "dir"), ("moved/inner", "dir"), ("moved/inner/" + name, "file"), ("moved/link", "link")],
                             [(found.path, found.kind) for found in there.walk()])
            self.assertIsNone(here.kind("tree"))
            self.assertEqual("inner", there.target("moved/link"))
            self.assertEqual(5, there.modified("moved/inner/" + name))
        status = os.stat(os.path.join(elsewhere, "moved/inner", name))
        self.assertEqual((self.UID, 7), (status.st_uid, status.st_size))

    def test_what_cannot_be_copied_as_a_whole_to_another_disk_stays(self):
        elsewhere = tempfile.mkdtemp(dir="/dev/shm", prefix="runctl-guard-")
        self.addCleanup(shutil.rmtree, elsewhere)
        if os.stat(elsewhere).st_dev == os.stat(self.home).st_dev:
            self.skipTest("/dev/shm is no disk of its own")
        os.chown(elsewhere, self.UID, self.UID)
        self.make("tree")
        os.mkdir(self.place("tree/of-root"), 0o700)
        with open(self.place("tree/of-root/file"), "w") as file:
            file.write("ROOT ONLY")
        with open_folder(self.home, self.user) as here, open_folder(elsewhere, self.user) as there:
            with self.assertRaises(PermissionError):
                here.rename("tree", "moved", there)
        self.assertTrue(os.path.exists(self.place("tree/of-root/file")))
        self.assertFalse(os.path.exists(os.path.join(elsewhere, "moved/of-root/file")))

    def test_a_walk_does_not_look_into_what_the_user_may_not_list(self):
        self.make("tree")
        os.mkdir(self.place("tree/lost+found"), 0o700)
        open(self.place("tree/lost+found/of-root"), "w").close()
        open(self.place("tree/zzz"), "w").close()
        with open_folder(self.place("tree"), self.user) as folder:
            self.assertEqual([("lost+found", "dir"), ("zzz", "file")], [(found.path, found.kind) for found in folder.walk()])

    def test_what_goes_while_it_is_walked_is_not_there(self):
        self.make("tree/b")
        self.make("tree")
        for name in ("a", "b/c", "d"):
            open(self.place("tree/" + name), "w").close()
        with open_folder(self.place("tree"), self.user) as folder:
            walked = []
            for found in folder.walk():
                walked.append(found.path)
                if found.path == "a":
                    shutil.rmtree(self.place("tree/b"))
        self.assertEqual(["a", "b", "d"], walked)
        listed = os.listdir

        def gone(place):
            names = listed(place)
            os.unlink(self.place("tree/a"))
            return names
        with open_folder(self.place("tree"), self.user) as folder, mock.patch("os.listdir", gone):
            self.assertEqual(["d"], [found.path for found in folder.walk()])

    def test_a_walk_follows_no_link(self):
        self.make("top/a")
        open(self.place("top/a/x"), "w").close()
        os.symlink("/", self.place("top/root"))
        with open_folder(self.place("top"), self.user) as folder:
            self.assertEqual([("a", "dir"), ("a/x", "file"), ("root", "link")], [one[:2] for one in folder.walk()])

    def test_what_the_user_may_not_make_root_makes_for_the_user(self):
        path = os.path.join(self.root, "mnt/disk/checkpoints")
        with make_folder(path, self.user) as folder:
            os.close(folder.create("epoch_1.pt"))
        self.assertEqual([self.UID] * 2, [os.stat(os.path.join(self.root, name)).st_uid for name in ("mnt", "mnt/disk")])

    def test_root_gives_away_only_what_it_made_where_nobody_else_can_write(self):
        theirs, ours = self.make("theirs"), os.path.join(self.root, "ours")
        os.chmod(theirs, 0o555)
        os.mkdir(ours)
        os.chown(ours, 0, 4321)
        for place, mode in ((theirs, 0o555), (ours, 0o775)):
            os.chmod(place, mode)
            told = self.refused("DirectoryRefused", make_folder, os.path.join(place, "a/b"), self.user)
            self.assertIn("Make it", told.message)
            self.assertEqual([], os.listdir(place))
        os.chmod(ours, 0o755)
        with make_folder(os.path.join(ours, "a/b"), self.user):
            self.assertEqual(self.UID, os.stat(os.path.join(ours, "a/b")).st_uid)

    def test_what_lies_in_the_place_of_what_root_made_stays_roots(self):
        ours, make = os.path.join(self.root, "ours"), os.mkdir
        for theirs in (False, True):
            os.makedirs(os.path.join(ours, "secrets/key"))

            def swapped(name, *more, **named):
                if "dir_fd" in named:
                    os.rename(os.path.join(ours, "secrets"), os.path.join(ours, name))
                    if theirs:
                        os.rmdir(os.path.join(ours, name, "key"))
                        os.chown(os.path.join(ours, name), 4321, 4321)
                else:
                    make(name, *more, **named)
            with mock.patch("os.mkdir", swapped):
                self.refused("DirectoryRefused", make_folder, os.path.join(ours, "a"), self.user)
            self.assertEqual(4321 if theirs else 0, os.stat(os.path.join(ours, "a")).st_uid)
            shutil.rmtree(ours)

    def test_root_makes_nothing_behind_a_link(self):
        os.symlink(os.path.dirname(self.secret()), self.place("data"))
        self.refused("LinkInTheWay", make_folder, self.place("data/checkpoints"), self.user)
        self.assertEqual(["secret"], os.listdir(os.path.dirname(self.secret())))


class TheGuardsOwn(support.OtherUserTest):
    def test_only_root_enters_its_folders_and_reads_its_files(self):
        run = self.new_run("print()")
        run.warn("Some", "a warning")
        with files.locked(run.file("sequence.lock")):
            modes = {os.path.relpath(os.path.join(folder, name), self.root): os.stat(os.path.join(folder, name)).st_mode & 0o777
                     for folder, folders, names in os.walk(run.directory) for name in folders + names}
        self.assertEqual({0o600}, set(modes.values()), modes)
        self.assertEqual((0o700, 0o700), tuple(os.stat(path).st_mode & 0o777 for path in (paths.home(), run.directory)))

    def test_another_user_cannot_hold_a_lock_of_the_guard(self):
        run = self.new_run("print()")

        def hold():
            fcntl.flock(os.open(run.file("sequence.lock"), os.O_RDONLY), fcntl.LOCK_EX)
        with files.locked(run.file("sequence.lock")):
            pass
        self.assertEqual("PermissionError", self.as_user(hold))
        os.chmod(paths.home(), 0o755)
        os.chmod(paths.runs(), 0o755)
        os.chmod(run.directory, 0o755)
        self.assertEqual("PermissionError", self.as_user(hold), "the lock itself is root's alone")

    def test_the_training_reaches_its_progress_and_cannot_replace_it(self):
        run = self.new_run("print()")
        path = run.shared_file("progress")

        def report():
            with open(path, "a") as file:
                file.write("step 7\n")
        self.assertIsNone(self.as_user(report))
        self.assertEqual(7, run.last_step())
        for act in (os.unlink, lambda name: os.rename(name, name + ".old"), lambda name: os.symlink("/etc/shadow", name + ".link")):
            self.assertEqual("PermissionError", self.as_user(lambda: act(path)))

    def test_whatever_the_progress_is_a_step_is_a_number_or_nothing(self):
        run = self.new_run("print()")
        path = run.shared_file("progress")
        for content in (b"step " + b"9" * 4000 + b"\n", b"\xff" * 5000, b"step -1\n", b"step 1"):
            with open(path, "wb") as file:
                file.write(content)
            self.assertIsNone(run.last_step(), content[:20])
        for make in (lambda: os.mkfifo(path), lambda: os.symlink(self.secret(), path), lambda: os.mkdir(path)):
            os.unlink(path)
            make()
            self.assertIsNone(run.last_step())

    def test_a_training_of_an_older_version_keeps_its_files(self):
        run = self.new_run("print()")
        state = run.state
        del state["training_dir"]
        files.write_json(run.file("state.json"), dict(state, state="running"))
        os.chmod(paths.home(), 0o755)
        from runctl_guard.runs.registry import close_home
        close_home()
        self.assertEqual((0o755, run.file("progress")), (os.stat(paths.home()).st_mode & 0o777, run.shared_file("progress")))
        run.update(state="finished")
        close_home()
        self.assertEqual(0o700, os.stat(paths.home()).st_mode & 0o777)
