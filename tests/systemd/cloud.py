"""What an instance asks of AWS: a metadata service, and the S3 of the guard's unit tests."""
import http.server
import json
import os
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Runctl.Guard.UnitTests", "python"))
from support import FakeS3  # noqa: E402

ADDRESS = "169.254.169.254"
INSTANCE = "i-0123456789abcdef0"


class Cloud:
    """Both on loopback. `address` and `port` are the metadata service's; the S3 may be that of another instance."""

    def __init__(self, address="127.0.0.1", port=0, s3=None):
        self.s3 = s3 or FakeS3()
        self.notice = None
        cloud = self

        class Handler(_Handler):
            pages = property(lambda _: cloud.pages())
        self._server = http.server.ThreadingHTTPServer((address, port), Handler)
        self._server.daemon_threads = True
        for one in (self._server, self.s3.server):
            # A guard that is killed leaves in the middle of an answer.
            one.handle_error = lambda *_: None
        self.metadata_url = "http://%s:%d" % self._server.server_address[:2]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @classmethod
    def at_its_own_address(cls):
        """The metadata service where real instances find it; needs a network of its own."""
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        subprocess.run(["ip", "address", "replace", ADDRESS + "/32", "dev", "lo"], check=True)
        return cls(ADDRESS, 80)

    def close(self):
        """The metadata service; the S3 may be needed by others."""
        self._server.shutdown()
        self._server.server_close()

    def interrupt(self, seconds):
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))
        self.notice = {"action": "terminate", "time": when}

    def pages(self):
        role = "meta-data/iam/security-credentials/"
        expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
        pages = {"meta-data/instance-id": INSTANCE, "meta-data/placement/region": "us-east-1", role: "role",
                 role + "role": json.dumps({"Code": "Success", "AccessKeyId": "key", "SecretAccessKey": "secret",
                                            "Token": "token", "Expiration": expires})}
        if self.notice:
            pages["meta-data/spot/instance-action"] = json.dumps(self.notice)
        return pages


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_PUT(self):
        self._answer(200, "a-token")

    def do_GET(self):
        if self.headers.get("X-aws-ec2-metadata-token") != "a-token":
            return self._answer(401, "")
        text = self.pages.get(self.path[len("/latest/"):])
        self._answer(404 if text is None else 200, text or "")

    def _answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
