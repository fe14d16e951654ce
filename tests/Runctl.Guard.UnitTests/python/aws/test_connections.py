"""Answers that come too slowly, or are too large: neither holds up nor fills anything for long."""
import socket
import threading
import time
import unittest
from unittest import mock

import support
from runctl_guard.aws import connections
from runctl_guard.aws.s3 import Location
from runctl_guard.aws.session import Session

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"


class Answers(support.RootedTest):
    """A server that answers each connection with the pieces that `pieces` gives for its number."""

    def setUp(self):
        super().setUp()
        self.over, self.asked = threading.Event(), 0
        self.server = socket.socket()
        self.addCleanup(self.server.close)
        self.addCleanup(self.over.set)
        self.server.bind(("127.0.0.1", 0))
        self.server.listen(8)
        self.url = "http://127.0.0.1:%d" % self.server.getsockname()[1]
        self.set_environment(AWS_ENDPOINT_URL=self.url)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            self.asked += 1
            threading.Thread(target=self.answer, args=(connection, self.pieces(self.asked)), daemon=True).start()

    def answer(self, connection, pieces):
        with connection:
            try:
                connection.recv(1 << 16)
                for piece in pieces:
                    connection.sendall(piece)
                self.over.wait()
            except OSError:
                pass  # The client has given up.

    def slowly(self, data, pause=0.02):
        for number in range(len(data)):
            if self.over.wait(pause):
                return
            yield data[number:number + 1]

    def get(self, timeout):
        return Session().s3().call("GET", Location("bucket", "key"), timeout=timeout, attempts=2).body


class Slow(Answers):
    def second_is_good(self, first):
        self.pieces = lambda number: first if number == 1 else [GOOD]
        began = time.monotonic()
        self.assertEqual(b"good", self.get(0.5))
        self.assertEqual(2, self.asked)
        # The server would go on for more than a minute.
        self.assertLess(time.monotonic() - began, 30)

    def test_a_head_that_trickles_is_asked_for_again(self):
        self.second_is_good(self.slowly(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-Long: " + b"x" * 4000))

    def test_a_body_that_trickles_is_asked_for_again(self):
        def pieces():
            yield b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n"
            yield from self.slowly(b"x" * 4000)
        self.second_is_good(pieces())

    def test_words_that_say_to_wait_do_not_count_as_an_answer(self):
        def pieces():
            while not self.over.wait(0.02):
                yield b"HTTP/1.1 100 Continue\r\n\r\n"
        self.second_is_good(pieces())


class Pace(unittest.TestCase):
    """By a clock of the test's: the answer has 10 s for its head, and 30 s for a body without content."""

    def setUp(self):
        self.ours, theirs = socket.socketpair()
        self.addCleanup(self.ours.close)
        self.now = 0.0
        clock = mock.Mock(monotonic=lambda: self.now)
        with mock.patch.object(connections, "time", clock):
            self.timed = connections._Timed(theirs, 10.0)
        theirs.close()
        self.addCleanup(self.timed.close)
        replaced = mock.patch.object(connections, "time", clock)
        replaced.start()
        self.addCleanup(replaced.stop)

    def receive(self, count, seconds):
        self.ours.sendall(b"x" * count)
        self.now += seconds
        return self.timed.readinto(bytearray(count))

    def test_a_body_that_comes_at_a_slow_pace_is_awaited(self):
        self.timed.begin_body()
        self.assertEqual([20000] * 50, [self.receive(20000, 9.0) for _ in range(50)])

    def test_a_body_that_trickles_has_three_times_the_limit(self):
        self.timed.begin_body()
        self.assertEqual([1, 1, 1], [self.receive(1, 9.0) for _ in range(3)])
        with self.assertRaises(TimeoutError):
            self.receive(1, 9.0)

    def test_a_head_has_the_limit_once(self):
        self.assertEqual(1, self.receive(1, 9.0))
        with self.assertRaises(TimeoutError):
            self.receive(1, 9.0)


class Large(Answers):
    def refused(self, head):
        def pieces():
            yield head
            while True:
                yield b"100000\r\n" + b" " * (1 << 20) + b"\r\n" if b"chunked" in head else b" " * (1 << 20)
        self.pieces, self.asked = lambda number: pieces(), 0
        with mock.patch.object(connections, "LARGEST", 4 << 20), self.assertRaises(Exception) as caught:
            self.get(5.0)
        self.assertEqual(("StorageFailed", "AnswerTooLarge"), (caught.exception.id, caught.exception.code))
        self.assertEqual(1, self.asked)

    def test_an_answer_that_is_too_large_is_not_read(self):
        self.refused(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (5 << 40))

    def test_one_that_does_not_say_how_large_it_is_is_read_up_to_there(self):
        self.refused(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        self.refused(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")


class Whole(Answers):
    def test_an_answer_in_chunks_is_read_to_its_end(self):
        self.pieces = lambda number: [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ngoo\r\n1\r\nd\r\n0\r\n\r\n"]
        self.assertEqual(b"good", self.get(5.0))

    def test_a_body_that_ends_early_is_asked_for_again(self):
        self.over.set()
        self.pieces = lambda number: [GOOD[:-1]] if number == 1 else [GOOD]
        self.assertEqual(b"good", self.get(5.0))
        self.assertEqual(2, self.asked)
