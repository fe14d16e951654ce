import json
import os
import time
import unittest

import support
from runctl_guard import finish, start

STORE = {"bucket": "bucket", "prefix": "saved", "run_prefix": "runs"}


class OrdinaryEnd(support.RootedTest):
    def setUp(self):
        super().setUp()
        self.s3 = support.FakeS3()
        self.addCleanup(self.s3.close)
        self.set_environment(AWS_ENDPOINT_URL=self.s3.url)
        from runctl_guard.services import Services
        self.services = Services()

    def ended(self):
        run = self.new_run(store=STORE, policy={"grace_seconds": 20.0, "on_exit": "terminate"})
        run.update(state="running", started_at=time.time() - 1)
        with open(os.path.join(self.checkpoints, "step_1.json"), "w") as file:
            file.write("{}")
        for name, value in (("training.json", {}), ("exit.json", {"exit_code": 0})):
            with open(run.file(name), "w") as file:
                json.dump(dict(value, attempt=1), file)
        finish.finish(run, self.services)
        return run

    def warnings(self, run):
        return [event["data"]["id"] for event in run.events() if event["kind"] == "Warning"]

    def test_the_machine_is_ended_where_that_is_asked_for(self):
        run = self.ended()
        finish.settle(run, self.services)
        # In a root of its own there is no machine to end; that it was tried is told.
        self.assertEqual(["CannotTerminate"], self.warnings(run))

    def test_a_machine_with_the_only_copy_of_the_last_checkpoint_is_kept(self):
        self.s3.fail = lambda method, path, query: 403 if path.endswith("step_1.json") else None
        run = self.ended()
        finish.settle(run, self.services)
        self.assertEqual(["UploadFailed", "KeptForCheckpoint"], self.warnings(run))

    def test_what_was_measured_is_known_to_the_next_attempt(self):
        run = self.ended()
        run.update(upload_rate=5e6, last_save_seconds=40.0)
        start.new_attempt(run, self.spec(store=STORE), {"number": 2, "nonce": "m"})
        self.assertEqual((5e6, 40.0, 2), tuple(run.state[name] for name in ("upload_rate", "last_save_seconds", "attempt")))


if __name__ == "__main__":
    unittest.main()
