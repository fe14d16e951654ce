import contextlib
import io
import os
import time
from unittest import mock

import support
from runctl_guard.aws.session import Session
from runctl_guard.guard.supervisor import NEAR_PAUSE, RunSupervisor
from runctl_guard.runs.journal import presses
from runctl_guard.guard.tasks import LONGEST_PAUSE, BackgroundTasks
from runctl_guard.interruption.triggers import Trigger
from runctl_guard.runs.journal import Journal
from runctl_guard.system import guard_log, paths


class Troubles(support.RootedTest):
    def setUp(self):
        super().setUp()
        self.now = time.monotonic()

    def tasks(self):
        return BackgroundTasks(support.RUN_ID)

    def fail(self):
        self.tries += 1
        raise OSError("no")

    def tried(self, tasks, seconds, **more):
        """How often it is tried in a time that passes quickly."""
        self.tries, end = 0, self.now + seconds
        with contextlib.redirect_stderr(io.StringIO()), mock.patch("time.monotonic", lambda: self.now):
            while self.now < end:
                tasks.do("ship", self.fail, **more)
                tasks._threads["ship"].join()
                self.now += 0.25
        return self.tries

    def test_what_fails_again_and_again_is_tried_ever_more_seldom(self):
        # At once, after 2, 4, 8 and 16 seconds, after 32, and each minute from then on.
        self.assertEqual(5 + 10, self.tried(self.tasks(), 62 + 600))

    def test_where_there_is_no_time_it_is_tried_again_soon(self):
        tasks = self.tasks()
        self.tried(tasks, 120)
        self.assertEqual(10, self.tried(tasks, 10, longest=1.0))

    def test_there_is_none_from_a_request_with_a_deadline_to_its_record(self):
        run = self.new_run()
        run.update(state="interrupted", record_pending=True)
        supervisor = RunSupervisor(run, Session(), lambda: 1)
        supervisor.tasks = mock.Mock()
        supervisor.tasks.busy.return_value = False

        def longest():
            supervisor.look(None, None)
            return supervisor.tasks.every.call_args[0][3]
        self.assertEqual(LONGEST_PAUSE, longest())
        Journal(run).write("begin", **Trigger("interruption", "drill", deadline=self.now + 60)._asdict())
        self.assertEqual(NEAR_PAUSE, longest())
        run.update(record_pending=False, unsaved="last.pt", state="running")
        self.assertEqual(NEAR_PAUSE, longest())
        run.update(state="interrupted")
        self.assertFalse(presses(run))

    def test_a_success_ends_that(self):
        tasks = self.tasks()
        self.tried(tasks, 120)
        with mock.patch("time.monotonic", lambda: self.now):
            tasks.do("ship", lambda: None, 0.0)
        tasks._threads["ship"].join()
        self.assertEqual(2, self.tried(tasks, 3))

    def test_the_log_begins_anew_when_it_is_large(self):
        path = paths.log()
        with open(path, "ab") as file:
            file.write(b"x" * guard_log.LARGEST)
            file.flush()
            guard_log.keep_short(path)
            self.assertEqual(guard_log.LARGEST, os.path.getsize(path))
            file.write(b"y")
            file.flush()
            guard_log.keep_short(path)
            # A process that has it open goes on in it.
            file.write(b"later")
        with open(path) as file:
            self.assertEqual("later", file.read())
        self.assertEqual(guard_log.LARGEST + 1, os.path.getsize(path + ".1"))
