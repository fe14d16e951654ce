"""What the tests share: the program on the path, a root of their own, a run in it, and a small S3 that can fail."""
import base64
import contextlib
import email.utils
import errno
import hashlib
import http.server
import io
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
import zlib
from unittest import mock

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.abspath(os.path.join(HERE, "..", "..", "..", "src", "Runctl.Guard"))
sys.path.insert(0, PROGRAM)
sys.dont_write_bytecode = True

from runctl_guard.system import paths

paths.set_program(PROGRAM)
# Processes are told apart by it, also those of another run of these tests at the same time.
RUN_ID = "test-20260131-120000-%06x" % (os.getpid() & 0xffffff)

STORE = {"bucket": "bucket", "prefix": "saved", "run_prefix": "runs"}
# When S3 took an object, unless a test says otherwise.
MODIFIED = "2026-01-31T12:00:00.000Z"
# Where the metadata service shows a notice.
ACTION = "meta-data/spot/instance-action"


def eventually(condition, seconds=120.0):
    """The first true value of the condition; the time is a bound for hangs."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError("it did not happen within %g s" % seconds)


def kill_all_of(root):
    """SIGKILL to every process of an instance, of the guard and of its trainings, until none is left. `root` is its RUNCTL_ROOT."""
    def killed():
        found = 0
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/environ" % entry, "rb") as file:
                    marked = ("RUNCTL_ROOT=" + root).encode() in file.read().split(b"\0")
                if marked and int(entry) != os.getpid():
                    os.kill(int(entry), signal.SIGKILL)
                    found += 1
            except OSError:
                # Gone meanwhile, or of another user and so not ours.
                continue
        return found
    eventually(lambda: not killed())


@contextlib.contextmanager
def full_disk():
    """Nothing new can be written or made, and what was set aside is used up."""
    from runctl_guard.system import disk_reserve, files
    open_file = os.open

    def refuse(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def opened(path, flags, *more, **named):
        return (refuse if flags & os.O_CREAT and not os.path.exists(path) else open_file)(path, flags, *more, **named)

    with mock.patch.object(files, "write_unreserved", refuse), mock.patch.object(files, "_append_line", refuse), \
            mock.patch.object(disk_reserve, "_release", lambda: False), mock.patch.object(os, "open", opened), \
            mock.patch.object(os, "mkdir", refuse), contextlib.redirect_stderr(io.StringIO()):
        yield


class RootedTest(unittest.TestCase):
    """A test with a RUNCTL_ROOT of its own, and the caller as the instance's user."""

    # Whether files reach the disk at once. Most of a test's time would be spent on that.
    syncs = False

    def setUp(self):
        if not self.syncs:
            unsynced = mock.patch("os.fsync", lambda descriptor: None)
            unsynced.start()
            self.addCleanup(unsynced.stop)
        self.root = tempfile.mkdtemp(prefix="runctl-guard-")
        self.addCleanup(self.remove_root)
        for name in ("etc", "home/ubuntu", "var/lib/runctl/runs"):
            os.makedirs(os.path.join(self.root, name))
        with open(os.path.join(self.root, "etc/passwd"), "w") as file:
            file.write("ubuntu:x:%d:%d::/home/ubuntu:/bin/sh\n" % (os.geteuid(), os.getegid()))
        self.set_environment(RUNCTL_ROOT=self.root, AWS_EC2_METADATA_SERVICE_ENDPOINT="http://127.0.0.1:9",
                             AWS_ACCESS_KEY_ID="key", AWS_SECRET_ACCESS_KEY="secret", AWS_REGION="us-east-1")
        # Known already: there is no metadata service here, and it would be asked patiently.
        from runctl_guard.system.clock import boot_id
        with open(os.path.join(self.root, "var/lib/runctl/instance.json"), "w") as file:
            json.dump({"schema": 1, "instance_id": os.uname().nodename, "boot_id": boot_id()}, file)

    def end_threads(self):
        """Waits for what a guard in this process still does: it would write into the root again."""
        for thread in threading.enumerate():
            if RUN_ID in thread.name:
                thread.join(30)

    def remove_root(self):
        self.end_threads()
        end = time.monotonic() + 5
        while os.path.exists(self.root):
            # An upload that ends just now still writes down how fast it was.
            shutil.rmtree(self.root, ignore_errors=time.monotonic() < end)

    def set_environment(self, **values):
        for name, value in values.items():
            before = os.environ.get(name)
            self.addCleanup(lambda n=name, b=before: os.environ.pop(n, None) if b is None
                            else os.environ.__setitem__(n, b))
            os.environ[name] = value

    def spec(self, **changes):
        spec = {"schema": 1, "run_id": RUN_ID, "project_name": "project", "region": "us-east-1",
                "user": None, "python": "/usr/bin/python3", "setup_command": None, "script": "train.py", "arguments": [],
                "environment": {}, "code": None, "store": None, "resume_arguments": [],
                "checkpoint": {"dir": "checkpoints", "mirror": False, "patterns": []},
                "policy": {"grace_seconds": 20.0, "on_exit": "keep"}, "target": None,
                "attempt": {"number": 1, "nonce": "n", "resume_from": None}}
        spec.update(changes)
        return spec

    def new_run(self, text="", script="train.py", **changes):
        """A run that is written down and not started; its script is in the project, with this text."""
        from runctl_guard.runs.attempts import new_attempt
        from runctl_guard.runs.run import Run
        spec = self.spec(script=script, **changes)
        run = Run(spec["run_id"])
        new_attempt(run, spec, spec["attempt"], os.uname().nodename)
        self.checkpoints = run.state["checkpoint_dir"]
        os.makedirs(self.checkpoints)
        with open(os.path.join(run.state["project_dir"], spec["script"]), "w") as file:
            file.write(text)
        return run

    def start_s3(self):
        self.s3 = FakeS3()
        self.addCleanup(self.s3.close)
        # Before S3 is gone: a thread that asks it would try for long.
        self.addCleanup(self.end_threads)
        self.set_environment(AWS_ENDPOINT_URL=self.s3.url)


@unittest.skipUnless(os.geteuid() == 0, "only root can act as another user")
class OtherUserTest(RootedTest):
    """The user of the training is another one than root, which the guard runs as."""

    UID = 65534

    def setUp(self):
        super().setUp()
        os.chmod(self.root, 0o755)
        with open(os.path.join(self.root, "etc/passwd"), "w") as file:
            file.write("ubuntu:x:%d:%d::/home/ubuntu:/bin/sh\n" % (self.UID, self.UID))
        os.chown(os.path.join(self.root, "home/ubuntu"), self.UID, self.UID)

    def new_run(self, *more, **named):
        run = super().new_run(*more, **named)
        for folder, folders, names in os.walk(run.state["project_dir"]):
            for path in [folder] + [os.path.join(folder, name) for name in names]:
                os.lchown(path, self.UID, self.UID)
        return run

    def as_user(self, act):
        """Acts in a child that is the user for good; the exception's name, or None."""
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.setgroups([])
                os.setgid(self.UID)
                os.setuid(self.UID)
                act()
            except Exception as error:
                os.write(write, type(error).__name__.encode())
            finally:
                os._exit(0)
        os.close(write)
        with os.fdopen(read, "rb") as file:
            told = file.read().decode()
        os.waitpid(child, 0)
        return told or None

    def secret(self, name="secret"):
        """A file that only root reads, in a directory of root's."""
        folder = os.path.join(self.root, "of-root")
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, name)
        with open(path, "w") as file:
            file.write("ROOT ONLY")
        os.chmod(path, 0o600)
        return path


class FakeImds:
    """Knows tokens; `answers` maps a path to (status, body) or to a function that may block."""

    def __init__(self):
        self.tokens, self.asked, self.answers, self.headers, self.issued = set(), [], {}, {}, 0
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and body are two packets; the second does not wait for the answer to the first.
            disable_nagle_algorithm = True

            def log_message(self, *_):
                pass

            def do_PUT(self):
                fake.issued += 1
                fake.tokens.add("token-%d" % fake.issued)
                self.reply(fake.answers.get("token", (200, "token-%d" % fake.issued)))

            def do_GET(self):
                path = self.path[len("/latest/"):]
                known = self.headers.get("X-aws-ec2-metadata-token") in fake.tokens
                fake.asked.append(path)
                answer = fake.answers.get(path, (404, ""))
                self.reply((answer() if callable(answer) else answer) if known else (401, ""))

            def reply(self, answer):
                self.send_response_only(answer[0])
                for name, value in dict({"Date": email.utils.formatdate(usegmt=True)}, **fake.headers).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer[1])))
                self.end_headers()
                self.wfile.write(answer[1].encode())
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class WithService(RootedTest):
    def setUp(self):
        super().setUp()
        self.fake = FakeImds()
        self.addCleanup(self.fake.close)
        self.set_environment(AWS_EC2_METADATA_SERVICE_ENDPOINT=self.fake.url)
        from runctl_guard.aws.imds import Imds
        self.imds = Imds()


class FakeS3:
    """Objects in memory. `fail` gets (method, path, query) and may return a status, also with a code, "drop" to lose the
    answer, or "cut" to lose its second half. Where it is `encrypted` every sending has an ETag of its own, as with SSE-KMS. As
    a bucket with Object Lock it takes no content without a checksum; with `versions` a deletion is a marker. `sent` holds the
    headers of the last write to each path."""

    def __init__(self):
        self.objects, self.uploads, self.calls, self.sent = {}, {}, [], {}
        self.encrypted, self.versions, self.tags, self.modified = False, False, {}, {}
        self.fail = lambda method, path, query: None
        self.lock = threading.RLock()
        fake = self

        class Handler(_Handler):
            s3 = fake
        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def body(self, key):
        return self.objects["/bucket/" + key]

    def json(self, key):
        return json.loads(self.body(key).decode())

    def keys(self):
        return sorted(path[len("/bucket/"):] for path in self.objects)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        # A client may leave in the middle.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def crc_text(data):
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body are two packets; the second does not wait for the answer to the first.
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        if self.lose:
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(headers.get("length", len(body))))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[:len(body) // 2] if self.cut else body)
            self.close_connection = self.close_connection or self.cut

    def error(self, status, code):
        self.answer(status, ("<Error><Code>%s</Code></Error>" % code).encode())

    def do_GET(self):
        parts = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        path = urllib.parse.unquote(parts.path)
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.lose = False
        fault = self.s3.fail(self.command, path, query)
        self.s3.calls.append((self.command, path, query))
        self.cut, fault = fault == "cut", None if fault == "cut" else fault
        if fault == "drop":
            self.lose = True
        elif fault:
            status, code = fault if isinstance(fault, tuple) else (
                fault, "AccessDenied" if fault == 403 else "InternalError")
            return self.error(status, code)
        if self.command == "PUT" and not self.headers.get("x-amz-copy-source") \
                and self.headers.get("x-amz-checksum-crc32") != crc_text(data):
            return self.error(400, "InvalidRequest")
        with self.s3.lock:
            if self.command in ("PUT", "POST"):
                self.s3.sent[path] = {name.lower(): value for name, value in self.headers.items()}
            self.serve(path, query, data)

    do_PUT = do_POST = do_DELETE = do_HEAD = do_GET

    def serve(self, path, query, data):
        objects, uploads = self.s3.objects, self.s3.uploads
        if "uploads" in query:
            upload_id = "u%d" % (len(self.s3.calls))
            uploads[upload_id] = {}
            return self.answer(200, ("<R><UploadId>%s</UploadId></R>" % upload_id).encode())
        if "uploadId" in query:
            return self.multipart(path, query, data, uploads.get(query["uploadId"]))
        if "list-type" in query:
            return self.list(path, query)
        if self.command == "PUT" and self.headers.get("x-amz-copy-source"):
            data = objects.get(urllib.parse.unquote(self.headers["x-amz-copy-source"]))
            if data is None:
                return self.error(404, "NoSuchKey")
            objects[path] = data
            return self.answer(200, ("<CopyObjectResult><ETag>%s</ETag></CopyObjectResult>" % etag(data)).encode())
        if self.command == "PUT":
            if self.headers.get("If-None-Match") and path in objects:
                return self.error(412, "PreconditionFailed")
            if self.headers.get("If-Match") not in (None, etag(objects.get(path, b""))):
                return self.error(412, "PreconditionFailed")
            objects[path] = data
            return self.answer(200, ETag=etag(data), x_amz_checksum_crc32=crc_text(data))
        if self.command == "DELETE":
            objects.pop(path, None)
            return self.answer(204, **({"x_amz_delete_marker": "true"} if self.s3.versions else {}))
        if path not in objects:
            return self.error(404, "NoSuchKey")
        data = objects[path]
        ranged = re.match(r"bytes=(\d+)-(\d+)", self.headers.get("Range") or "")
        part = data[int(ranged.group(1)):int(ranged.group(2)) + 1] if ranged else data
        self.answer(206 if ranged else 200, part, ETag=etag(data), x_amz_checksum_crc32=crc_text(data))

    def list(self, bucket, query):
        """Pages of 1,000, as S3 gives them."""
        keys = sorted(key[len(bucket):] for key in self.s3.objects if key.startswith(bucket + query["prefix"]))
        keys = [key for key in keys if key > query.get("continuation-token", "")]
        text = "".join("<Contents><Key>%s</Key><LastModified>%s</LastModified><Size>%d</Size><ETag>%s</ETag></Contents>" % (
            urllib.parse.quote(key), self.s3.modified.get(bucket + key, MODIFIED), len(self.s3.objects[bucket + key]), etag(self.s3.objects[bucket + key]).replace('"', "&quot;"))
            for key in keys[:1000])
        more = "<IsTruncated>true</IsTruncated><NextContinuationToken>%s</NextContinuationToken>" % keys[999] if keys[1000:] else ""
        self.answer(200, ("<ListBucketResult>%s%s</ListBucketResult>" % (text, more)).encode())

    def multipart(self, path, query, data, parts):
        if parts is None:
            return self.error(404, "NoSuchUpload")
        if self.command == "PUT":
            parts[int(query["partNumber"])] = data
            tag = etag(os.urandom(8) if self.s3.encrypted else data)
            self.s3.tags[query["uploadId"], int(query["partNumber"])] = tag
            return self.answer(200, ETag=tag)
        tags = {number: self.s3.tags[query["uploadId"], number] for number in parts}
        if self.command == "GET":
            text = "".join("<Part><PartNumber>%d</PartNumber><ETag>%s</ETag><Size>%d</Size><ChecksumCRC32>%s</ChecksumCRC32>"
                           "</Part>" % (number, tags[number].replace('"', "&quot;"), len(part), crc_text(part))
                           for number, part in sorted(parts.items()))
            return self.answer(200, ("<R>%s</R>" % text).encode())
        if self.command == "POST":
            named = re.findall("<PartNumber>(.*?)</PartNumber><ETag>(.*?)</ETag>", data.decode())
            if any(tags.get(int(number)) != tag.replace("&quot;", '"') for number, tag in named):
                return self.error(400, "InvalidPart")
        del self.s3.uploads[query["uploadId"]]
        if self.command == "POST":
            self.s3.objects[path] = b"".join(parts[number] for number in sorted(parts))
        self.answer(200, b"<CompleteMultipartUploadResult/>")


def etag(data):
    return '"%s"' % hashlib.md5(data).hexdigest()


def sources():
    """The paths of the guard's sources."""
    for folder, _, names in sorted(os.walk(PROGRAM)):
        for name in sorted(names):
            if name.endswith(".py"):
                yield os.path.join(folder, name)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def stripped(text):
    """A source as it is sent: without comment lines, docstrings and empty lines."""
    text = re.sub(r'(?ms)^[ ]*""".*?"""[ ]*\n', "", text)
    return "".join(line + "\n" for line in text.split("\n") if line.strip() and not line.lstrip().startswith("#"))
