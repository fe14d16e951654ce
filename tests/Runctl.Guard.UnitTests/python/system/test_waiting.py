"""Calls that do not return: the caller goes on without them."""
import threading
import unittest
from unittest import mock

import support  # noqa: F401
from runctl_guard.system import waiting
from runctl_guard.system.waiting import Calls, Stuck, attended, past_stuck


class Waiting(unittest.TestCase):
    def setUp(self):
        self.gate = threading.Event()
        self.addCleanup(self.gate.set)
        for name, value in (("PATIENCE_SECONDS", 0.2), ("LEAST_SECONDS", 0.1)):
            patch = mock.patch.object(waiting, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def test_a_result_and_an_error_come_back(self):
        self.assertEqual(3, attended(lambda calls: calls.call("a", lambda: 3)))
        with self.assertRaises(KeyError):
            attended(lambda calls: {}["x"])

    def test_work_may_take_long_as_long_as_each_of_its_calls_returns(self):
        over = threading.Event()

        def work(calls):
            for _ in range(6):
                calls.call("a", over.wait, 0.1)
            return "done"
        self.assertEqual("done", attended(work))

    def test_a_call_that_does_not_return_is_named_and_not_made_again_until_it_has_returned(self):
        with self.assertRaises(Stuck) as caught:
            attended(lambda calls: calls.call("a", self.gate.wait))
        self.assertEqual("a", caught.exception.filename)
        made = []
        with self.assertRaises(Stuck):
            Calls().call("a", made.append, 1)
        Calls().call("b", made.append, 2)
        self.assertEqual([2], made)
        self.gate.set()
        support.eventually(lambda: not waiting.is_stuck("a"))
        Calls().call("a", made.append, 3)
        self.assertEqual([2, 3], made)

    def test_work_that_was_left_behind_makes_no_further_call(self):
        made = []

        def work(calls):
            try:
                calls.call("a", self.gate.wait)
                calls.call("b", made.append, 1)
            finally:
                ended.set()
        ended = threading.Event()
        with self.assertRaises(Stuck):
            attended(work)
        self.gate.set()
        self.assertTrue(ended.wait(10))
        self.assertEqual([], made)

    def test_a_result_that_comes_too_late_is_disposed_of(self):
        disposed, told = [], threading.Event()

        def dispose(result):
            disposed.append(result)
            told.set()
        with self.assertRaises(Stuck):
            attended(lambda calls: calls.call("a", self.gate.wait) and "late", dispose)
        self.gate.set()
        self.assertTrue(told.wait(10))
        self.assertEqual(["late"], disposed)

    def test_the_work_goes_on_past_what_is_stuck(self):
        def work(calls):
            found = []
            for name in "abcd":
                try:
                    found.append(calls.call(name, self.gate.wait if name in "bd" else lambda: name))
                except Stuck:
                    found.append(None)
            return found
        self.assertEqual(["a", None, "c", None], past_stuck(work))

    def test_a_device_with_several_stuck_calls_is_left_alone(self):
        def work(calls):
            stuck = 0
            for number in range(200):
                try:
                    calls.call("file %d" % number, self.gate.wait, device=7)
                except Stuck:
                    stuck += 1
            return stuck
        self.assertEqual(200, past_stuck(work))
        self.assertEqual(1, Calls().call("elsewhere", lambda: 1, device=8))
