import functools
import os
import shutil
import threading
import time
import unittest
from unittest import mock

import live  # noqa: F401
import support
from runctl_guard.aws import upload
from runctl_guard.aws.download import Wanted, download, download_all
from runctl_guard.aws.part_queue import plan
from runctl_guard.aws.s3 import Location
from runctl_guard.aws.upload import FileUpload
from runctl_guard.errors import GuardError
from runctl_guard.system.files import read_json
from runctl_guard.system.paths import safe_join

AT = Location("bucket", "folder/model.pt")


class WithStorage(support.RootedTest):
    def setUp(self):
        super().setUp()
        self.start_s3()
        from runctl_guard.aws.session import Session
        self.client = Session().s3()

    def file(self, size):
        path = os.path.join(self.root, "model.pt")
        with open(path, "wb") as file:
            file.write(os.urandom(size))
        return path

    def content(self, path):
        with open(path, "rb") as file:
            return file.read()

    def upload(self, path, ticket=None, **more):
        descriptor = os.open(path, os.O_RDONLY)
        self.addCleanup(os.close, descriptor)
        return FileUpload(self.client, AT, path, descriptor, os.fstat(descriptor), ticket, **more)


class Parts(unittest.TestCase):
    def test_there_are_never_more_than_s3_takes_and_none_is_too_small(self):
        for size in (1, 8 << 20, (8 << 20) + 1, 100 << 30, 50 << 40):
            parts = plan(size)
            self.assertLessEqual(len(parts), 10000)
            self.assertEqual(size, sum(part.length for part in parts))
            self.assertTrue(all(part.length >= 8 << 20 for part in parts[:-1]))


class Upload(WithStorage):
    def test_a_small_file_is_one_put_with_its_checksum(self):
        path = self.file(1000)
        stored = self.upload(path).run()
        self.assertEqual((1000, support.crc_text(self.content(path))), stored[:2])
        self.assertEqual(["PUT"], [call[0] for call in self.s3.calls])

    def test_parts_that_fail_are_sent_again(self):
        failed = set()

        def fail(method, path, query):
            number = query.get("partNumber")
            if number and (number, 1) not in failed:
                failed.add((number, 1))
                return 503
            if number == "2" and (number, 2) not in failed:
                failed.add((number, 2))
                return "drop"
        self.s3.fail = fail
        path = self.file((20 << 20) + 5)
        stored = self.upload(path).run()
        self.assertEqual(4, len(failed))
        self.assertEqual(self.content(path), self.s3.body(AT.key))
        self.assertEqual(support.crc_text(self.content(path)), stored.crc32)

    def test_a_lost_answer_to_the_completion_is_no_failure(self):
        lost = []
        self.s3.fail = lambda method, path, query: "drop" if method == "POST" and "uploadId" in query \
            and not lost and not lost.append(1) else None
        path = self.file(9 << 20)
        self.upload(path).run()
        self.assertEqual(self.content(path), self.s3.body(AT.key))

    def test_a_slow_part_is_sent_a_second_time_beside_the_first(self):
        release, sent = threading.Event(), []
        self.addCleanup(release.set)

        def fail(method, path, query):
            if query.get("partNumber") == "1":
                sent.append(1)
                if len(sent) == 1:
                    release.wait(30)
        self.s3.fail = fail
        path = self.file(33 << 20)
        self.upload(path).run()
        self.assertEqual(2, len(sent))
        self.assertEqual(self.content(path), self.s3.body(AT.key))

    def test_a_part_whose_first_sending_arrives_last_counts_as_S3_has_it(self):
        self.s3.encrypted = True
        release, sent = threading.Event(), []
        self.addCleanup(release.set)

        def fail(method, path, query):
            if query.get("partNumber") == "1":
                sent.append(1)
                if len(sent) == 1:
                    release.wait(30)
            elif method == "POST" and "uploadId" in query and not release.is_set():
                before = dict(self.s3.tags)
                release.set()
                support.eventually(lambda: self.s3.tags != before)
        self.s3.fail = fail
        path = self.file(33 << 20)
        self.upload(path).run()
        self.assertEqual(self.content(path), self.s3.body(AT.key))
        self.assertEqual(2, len(sent))

    def test_a_successor_sends_only_what_is_missing(self):
        path, ticket = self.file(25 << 20), os.path.join(self.root, "ticket.json")
        self.s3.fail = lambda method, path, query: 403 if query.get("partNumber") == "2" else None
        with self.assertRaises(GuardError):
            self.upload(path, ticket).run()
        support.eventually(lambda: not any(thread.name == "parts" for thread in threading.enumerate()))
        kept = set(self.s3.uploads[read_json(ticket)["upload_id"]])
        self.s3.fail, self.s3.calls = lambda *_: None, []
        # Wherever it is read from by then: a copy of the same version has another inode.
        copy = os.path.join(self.root, "copy.pt")
        shutil.copyfile(path, copy)
        self.upload(copy, ticket).run()
        sent = {int(query["partNumber"]) for _, _, query in self.s3.calls if "partNumber" in query}
        self.assertEqual({1, 2, 3, 4} - kept, sent)
        self.assertEqual(self.content(path), self.s3.body(AT.key))

    def test_a_file_that_was_put_together_is_not_sent_again(self):
        path, ticket = self.file(9 << 20), os.path.join(self.root, "ticket.json")
        stored = self.upload(path, ticket).run()
        self.s3.calls = []
        self.assertEqual(stored, self.upload(path, ticket).run())
        self.assertEqual(["HEAD"], [method for method, _, _ in self.s3.calls])
        del self.s3.objects["/bucket/" + AT.key]
        self.assertEqual(stored, self.upload(path, ticket).run())
        self.assertEqual(self.content(path), self.s3.body(AT.key))

    def test_a_file_written_to_meanwhile_is_not_called_uploaded(self):
        path = self.file(9 << 20)
        self.s3.fail = lambda *_: os.utime(path, (1, 1))
        with self.assertRaises(GuardError) as caught:
            self.upload(path).run()
        self.assertEqual("CheckpointChanged", caught.exception.id)
        self.assertEqual(({}, {}), (self.s3.objects, self.s3.uploads))

    def test_a_log_is_taken_as_far_as_it_was_although_it_grows(self):
        path = self.file(9 << 20)
        def grow(*_):
            with open(path, "ab") as file:
                file.write(b"more")
        self.s3.fail = grow
        size = os.path.getsize(path)
        self.assertEqual(size, self.upload(path, steady=False).run().size)
        self.assertEqual(self.content(path)[:size], self.s3.body(AT.key))

    def test_what_s3_holds_is_compared(self):
        path = self.file(9 << 20)
        complete = self.s3.uploads

        def fail(method, path, query):
            if method == "POST" and "uploadId" in query:
                complete[query["uploadId"]][1] = b"something else"
        self.s3.fail = fail
        with self.assertRaises(GuardError) as caught:
            self.upload(path).run()
        self.assertEqual("ChecksumMismatch", caught.exception.id)

    def test_a_completion_that_is_not_answered_is_asked_for_again_soon(self):
        release, asked = threading.Event(), []
        self.addCleanup(release.set)

        def fail(method, path, query):
            if method == "POST" and "uploadId" in query:
                asked.append(1)
                if len(asked) == 1:
                    release.wait(30)
        self.s3.fail = fail
        path, began = self.file(9 << 20), time.monotonic()
        with mock.patch.object(upload, "COMPLETE_SECONDS", 0.5):
            self.upload(path).run()
        self.assertLess(time.monotonic() - began, 15)
        self.assertEqual(self.content(path), self.s3.body(AT.key))

    def test_an_error_nobody_thought_of_is_told_and_not_waited_for(self):
        end = time.monotonic() + 10
        with mock.patch.object(upload.crc, "of_range", lambda *_: [][1]), self.assertRaises(IndexError):
            self.upload(self.file(9 << 20), cancelled=lambda: time.monotonic() > end).run()

    def test_a_cancelled_upload_ends_at_once(self):
        path = self.file(9 << 20)
        with self.assertRaises(GuardError):
            self.upload(path, cancelled=lambda: True).run()
        self.assertEqual({}, self.s3.objects)


class Download(WithStorage):
    def download(self, target, *more):
        with open(target, "wb") as file:
            download(self.client, AT, file.fileno(), *more)

    def test_ranges_come_together_and_are_checked(self):
        data = os.urandom((20 << 20) + 3)
        self.s3.objects["/bucket/" + AT.key] = data
        target = os.path.join(self.root, "copy")
        self.download(target)
        self.assertEqual(data, self.content(target))

    def test_a_wrong_checksum_is_never_done(self):
        self.s3.objects["/bucket/" + AT.key] = b"new"
        done = []
        with open(os.path.join(self.root, "copy"), "wb") as file, self.assertRaises(GuardError) as caught:
            download_all(self.client, [Wanted(AT, lambda: os.dup(file.fileno()), 3, "AAAAAA==", done.append)])
        self.assertEqual(("ChecksumMismatch", []), (caught.exception.id, done))

    def test_a_connection_that_breaks_costs_its_own_range_only(self):
        data = os.urandom(20 << 20)
        self.s3.objects["/bucket/" + AT.key] = data
        target, asked = os.path.join(self.root, "copy"), []

        def fail(*_):
            asked.append(1)
            return "cut" if len(asked) == 2 else None
        self.s3.fail = fail
        self.download(target, len(data), support.crc_text(data))
        self.assertEqual((data, 4), (self.content(target), len(asked)))

    def test_an_object_of_another_size_is_refused(self):
        self.s3.objects["/bucket/" + AT.key] = b"12345"
        for size in (4, 6):
            with self.assertRaises(GuardError) as caught:
                self.download(os.path.join(self.root, "copy"), size, "AAAAAA==")
            self.assertEqual("ChecksumMismatch", caught.exception.id)

    def test_an_object_that_is_not_there_is_told_as_missing_or_left_out(self):
        self.s3.objects["/bucket/there"] = b"12"
        path, done, lost = os.path.join(self.root, "copy"), [], []
        create = lambda: os.open(path, os.O_RDWR | os.O_CREAT)
        for size in (3, 17 << 20):
            with self.assertRaises(GuardError) as caught:
                download_all(self.client, [Wanted(AT, create, size, "AAAAAA==")])
            self.assertEqual(("ObjectNotFound", AT.uri()), (caught.exception.id, caught.exception.target))
            download_all(self.client, [Wanted(AT, create, size, "AAAAAA==", done.append, lambda: lost.append(size)),
                                       Wanted(Location("bucket", "there"), create, 2, None, lambda descriptor: done.append("there"))])
        self.assertEqual((["there", "there"], {3, 17 << 20}), (done, set(lost)))

    def test_without_its_bucket_an_object_is_not_missing_alone(self):
        self.s3.fail = lambda *_: (404, "NoSuchBucket")
        with self.assertRaises(GuardError) as caught:
            self.download(os.path.join(self.root, "copy"), 3, "AAAAAA==")
        self.assertEqual("BucketNotFound", caught.exception.id)

    def test_several_large_files_share_eight_connections(self):
        data, lock, at_once, most = bytes(17 << 20), threading.Lock(), set(), []
        wanted = []
        for number in range(4):
            self.s3.objects["/bucket/%d" % number] = data
            create = functools.partial(os.open, os.path.join(self.root, str(number)), os.O_RDWR | os.O_CREAT)
            wanted.append(Wanted(Location("bucket", str(number)), create, len(data), None))

        def fail(*_):
            with lock:
                at_once.add(threading.get_ident())
                most.append(len(at_once))
        self.s3.fail = fail
        download_all(self.client, wanted)
        # The server has a thread for each connection.
        self.assertLessEqual(max(most), 8)
        self.assertEqual({len(data)}, {os.path.getsize(os.path.join(self.root, str(number))) for number in range(4)})

    def test_an_empty_object_becomes_an_empty_file(self):
        self.s3.objects["/bucket/" + AT.key] = b""
        target = os.path.join(self.root, "copy")
        self.download(target, 0, support.crc_text(b""))
        self.assertEqual(b"", self.content(target))

    def test_what_was_spoilt_on_its_way_is_fetched_again_once(self):
        data = b"good"
        target, tries = os.path.join(self.root, "copy"), []

        def fail(method, *_):
            tries.append(method)
            self.s3.objects["/bucket/" + AT.key] = data if len(tries) == 2 else b"evil"
        self.s3.fail = fail
        self.download(target, 4, support.crc_text(data))
        self.assertEqual((data, ["GET", "GET"]), (self.content(target), tries))
        # And no oftener.
        del tries[:]
        with self.assertRaises(GuardError) as caught:
            self.download(target, 4, "AAAAAA==")
        self.assertEqual(("ChecksumMismatch", 2), (caught.exception.id, len(tries)))

    def test_names_cannot_lead_out_of_the_directory(self):
        for name in ("../x", "a/../../x", "/etc/passwd", "a//b", ".", "", "a/.."):
            with self.assertRaises(GuardError, msg=name):
                safe_join("/somewhere", name)
        self.assertEqual("/somewhere/a/b", safe_join("/somewhere", "a/b"))
