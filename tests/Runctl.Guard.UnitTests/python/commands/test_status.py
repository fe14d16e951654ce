"""What `status` shows of a notice where no guard is alive, or where one is stuck."""
import json
import os
import threading
import time
from unittest import mock

import support
from runctl_guard.commands import status
from runctl_guard.system import files, paths
from runctl_guard.system.clock import boot_id, utc_seconds_text


def body(seconds):
    return {"action": "stop", "time": utc_seconds_text(time.time() + seconds)}


class Told(support.WithService):
    def status(self):
        return status.status(None, 0, None, 2400)

    def test_a_notice_is_seen_without_a_guard(self):
        run = self.new_run()
        run.update(state="running")
        notice = body(100)
        self.fake.answers[support.ACTION] = (200, json.dumps(notice))
        told = self.status()
        self.assertEqual((False, "ok"), (told["guard"]["alive"], told["guard"]["imds"]))
        self.assertEqual({"action": "stop", "time": notice["time"], "drill": False}, told["notice"])

    def test_the_metadata_service_is_not_asked_where_nothing_could_be_told_any_more(self):
        run = self.new_run()
        for state in ("finished", "interrupted", "interrupting"):
            run.update(state=state)
            self.status()
        self.assertNotIn(support.ACTION, self.fake.asked)

    def test_a_silent_metadata_service_costs_little_and_is_told(self):
        run = self.new_run()
        run.update(state="running")
        files.write_json(os.path.join(paths.home(), "instance.json"),
                         {"schema": 1, "instance_id": "i-1", "boot_id": boot_id()})
        gate = threading.Event()
        self.addCleanup(gate.set)
        self.fake.answers[support.ACTION] = lambda: (gate.wait(20), (404, ""))[1]
        began = time.monotonic()
        with mock.patch("runctl_guard.aws.imds.TIMEOUT", 0.1):
            self.assertEqual("unreachable", self.status()["guard"]["imds"])
        self.assertLess(time.monotonic() - began, 5.0)
