import os
import time
import unittest

import live  # noqa: F401
import support
from runctl_guard.commands.check import check

KEYS = ["checkpoints/i-1/runctl-check-a", "runs/runs/.check/runctl-check-a"]


class Check(support.RootedTest):
    def setUp(self):
        super().setUp()
        self.start_s3()

    def ask(self, **changes):
        wanted = {"store": {"bucket": "bucket", "run_prefix": "runs"}, "keys": KEYS, "region": "us-east-1", "user": None, "project_name": "project",
                  "checkpoint": {"dir": "checkpoints"}}
        wanted.update(changes)
        return check(wanted)

    def test_what_works_is_told_with_its_speed_and_leaves_nothing(self):
        answer = self.ask()
        self.assertIsNone(answer["credentials"])
        self.assertIsNone(answer["storage"]["error"])
        self.assertEqual([], answer["storage"]["left"])
        self.assertGreater(answer["storage"]["rate"], 0)
        self.assertGreater(answer["directory"]["rate"], 0)
        self.assertIsNone(answer["directory"]["error"])
        self.assertGreater(answer["directory"]["free"], 0)
        self.assertFalse(answer["directory"]["exists"])
        self.assertEqual([], self.s3.keys())
        self.assertEqual([], os.listdir(os.path.join(self.root, "home/ubuntu")))

    def test_a_step_that_is_refused_is_named_and_nothing_more_is_tried(self):
        for method, step in (("PUT", "write"), ("GET", "read")):
            self.s3.fail = lambda m, path, query, refused=method: 403 if m == refused else None
            storage = self.ask()["storage"]
            self.assertEqual((step, "StorageForbidden", None),
                             (storage["step"], storage["error"]["id"], storage["rate"]))
            self.assertEqual([], self.s3.keys())

    def test_what_can_not_be_deleted_is_named_and_small(self):
        self.s3.fail = lambda method, path, query: 403 if method == "DELETE" else None
        storage = self.ask()["storage"]
        self.assertIsNone(storage["error"])
        self.assertEqual(KEYS, storage["left"])
        self.assertLess(max(len(self.s3.body(key)) for key in KEYS), 100)

    def test_a_role_that_may_write_orders_is_told_and_nothing_is_written(self):
        self.assertIs(True, self.ask()["orders_writable"])
        self.assertEqual([], self.s3.keys())
        self.s3.fail = lambda method, path, query: 403 if "/orders/" in path else None
        self.assertIs(False, self.ask()["orders_writable"])
        self.s3.fail = lambda method, path, query: 501 if "/orders/" in path else None
        self.assertIsNone(self.ask()["orders_writable"])

    def test_the_newest_checkpoint_is_told(self):
        directory = os.path.join(self.root, "home/ubuntu/project/checkpoints")
        os.makedirs(directory)
        for name, age in (("epoch_1.pt", 100), ("epoch_2.pt", 50)):
            with open(os.path.join(directory, name), "wb") as file:
                file.truncate(1 << 30)
            os.utime(file.name, (time.time() - age,) * 2)
        found = self.ask()["directory"]
        self.assertEqual(("epoch_2.pt", 1 << 30), (found["checkpoint"]["name"], found["checkpoint"]["size"]))
        self.assertAlmostEqual(50, found["checkpoint"]["age"], delta=30)
        self.assertEqual(["epoch_1.pt", "epoch_2.pt"], sorted(os.listdir(directory)))

    def test_a_directory_that_can_not_be_written_to_is_told_with_the_reason(self):
        with open(os.path.join(self.root, "home/ubuntu/project"), "w"):
            pass
        self.assertEqual("Not a directory", self.ask()["directory"]["error"])

    @unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
    def test_a_directory_is_tried_as_the_user_whose_training_it_is(self):
        os.chmod(self.root, 0o755)
        with open(os.path.join(self.root, "etc/passwd"), "w") as file:
            file.write("ubuntu:x:65534:65534::/home/ubuntu:/bin/sh\n")
        directory = os.path.join(self.root, "home/ubuntu/project/checkpoints")
        os.makedirs(directory, 0o755)
        self.assertEqual("Permission denied", self.ask()["directory"]["error"])
        os.chown(directory, 65534, 65534)
        self.assertIsNone(self.ask()["directory"]["error"])
        self.assertEqual([], os.listdir(directory))

    def test_a_user_or_project_that_can_not_be_is_told(self):
        self.assertIn("no user nobody-here", self.ask(user="nobody-here")["directory"]["error"])
        self.assertIn("cannot be a project's name".replace("cannot", "cannot"), self.ask(project_name="../x")["directory"]["error"])

    def test_without_a_bucket_no_request_is_made(self):
        self.assertIsNone(self.ask(store=None, keys=[])["storage"])
        self.assertEqual([], self.s3.calls)

    def test_a_training_that_runs_has_its_own_directory_looked_at(self):
        run = self.new_run(checkpoint={"dir": "elsewhere", "mirror": False, "patterns": []})
        run.update(state="running")
        answer = self.ask()
        self.assertEqual(1, answer["active_runs"])
        self.assertEqual(self.checkpoints, answer["directory"]["path"])
