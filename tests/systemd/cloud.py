"""What an instance asks of AWS: the metadata service at its own address, and the S3 of the guard's unit tests."""
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
    def __init__(self):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        subprocess.run(["ip", "address", "replace", ADDRESS + "/32", "dev", "lo"], check=True)
        self.s3 = FakeS3()
        self.notice = None
        cloud = self

        class Handler(_Handler):
            pages = property(lambda _: cloud.pages())
        server = http.server.ThreadingHTTPServer((ADDRESS, 80), Handler)
        server.daemon_threads = True
        for one in (server, self.s3.server):
            # A guard that is killed leaves in the middle of an answer.
            one.handle_error = lambda *_: None
        threading.Thread(target=server.serve_forever, daemon=True).start()

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
