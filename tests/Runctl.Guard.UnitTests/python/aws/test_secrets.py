import calendar
import email.utils
import http.server
import json
import threading
import time

import support
from runctl_guard.aws import secrets
from runctl_guard.errors import GuardError


class Store:
    """Answers what a test says: a list of (status, body, more headers), the last one again and again."""

    def __init__(self):
        self.answers, self.asked = [], []
        store = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])).decode())
                store.asked.append((self.headers["X-Amz-Target"], body, self.headers["Authorization"], self.headers["X-Amz-Date"]))
                status, answer, headers = store.answers.pop(0) if len(store.answers) > 1 else store.answers[0]
                data = json.dumps(answer).encode()
                self.send_response_only(status)
                for name, value in dict(headers, **{"Content-Length": str(len(data))}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def error(code, status=400, **headers):
    return status, {"__type": code, "message": "hunter2"}, headers


def parameter(value):
    return 200, {"Parameter": {"Name": "/key", "Type": "SecureString", "Value": value}}, {}


class Resolving(support.RootedTest):
    def setUp(self):
        super().setUp()
        self.store = Store()
        self.addCleanup(self.store.close)
        self.set_environment(AWS_ENDPOINT_URL=self.store.url)

    def resolve(self, **values):
        from runctl_guard.aws.session import Session
        return Session().resolve({"region": "us-east-1"}, values)

    def refused(self, reference="ssm:/key"):
        with self.assertRaises(GuardError) as caught:
            self.resolve(KEY=reference)
        self.assertIn("KEY", caught.exception.message)
        self.assertNotIn("hunter2", caught.exception.message)
        self.assertEqual("KEY", caught.exception.target)
        return caught.exception.id

    def test_references_are_asked_for_decrypted_and_everything_else_stays(self):
        self.store.answers = [parameter("open sesame\n")]
        self.assertEqual({"KEY": "open sesame\n", "OTHER": "ssmx:/key"}, self.resolve(KEY="ssm:/key", OTHER="ssmx:/key"))
        target, body, authorization, _ = self.store.asked[0]
        self.assertEqual(("AmazonSSM.GetParameter", {"Name": "/key", "WithDecryption": True}), (target, body))
        self.assertIn("/us-east-1/ssm/aws4_request", authorization)
        self.assertEqual(1, len(self.store.asked))

    def test_an_arn_is_asked_for_in_its_own_region(self):
        arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:key-abcdef"
        self.store.answers = [(200, {"ARN": arn, "SecretString": "value"}, {})]
        self.assertEqual({"KEY": "value"}, self.resolve(KEY="secretsmanager:" + arn))
        target, body, authorization, _ = self.store.asked[0]
        self.assertEqual(("secretsmanager.GetSecretValue", {"SecretId": arn}), (target, body))
        self.assertIn("/eu-west-1/secretsmanager/aws4_request", authorization)

    def test_what_is_wrong_is_told_apart(self):
        for code, id in (("ParameterNotFound", "SecretNotFound"), ("com.amazonaws.ssm#ParameterVersionNotFound", "SecretNotFound"),
                         ("ResourceNotFoundException:http://internal", "SecretNotFound"), ("AccessDeniedException", "SecretForbidden"),
                         ("InvalidKeyId", "SecretForbidden"), ("DecryptionFailure", "SecretForbidden"),
                         ("ValidationException", "SecretUnavailable")):
            self.store.answers = [error(code)]
            self.store.asked.clear()
            self.assertEqual(id, self.refused(), code)
            # Asking again would not help.
            self.assertEqual(1, len(self.store.asked), code)

    def test_what_no_environment_can_hold_is_refused(self):
        self.store.answers = [(200, {"SecretBinary": "AAEC"}, {})]
        self.assertEqual("SecretNotText", self.refused("secretsmanager:key"))
        self.store.answers = [parameter("hunter2\0")]
        self.assertEqual("SecretNotText", self.refused())

    def test_throttling_and_failures_of_the_service_are_waited_out(self):
        self.store.answers = [error("ThrottlingException"), error("InternalServerError", 500), parameter("value")]
        self.assertEqual({"KEY": "value"}, self.resolve(KEY="ssm:/key"))

    def test_a_service_that_stays_busy_is_given_up(self):
        attempts, secrets.ATTEMPTS = secrets.ATTEMPTS, 2
        self.addCleanup(setattr, secrets, "ATTEMPTS", attempts)
        self.store.answers = [error("ThrottlingException")]
        self.assertEqual("SecretUnavailable", self.refused())
        self.assertEqual(2, len(self.store.asked))

    def test_a_clock_that_is_wrong_is_put_right_by_the_answer(self):
        ahead = time.time() + 7200
        date = email.utils.formatdate(ahead, usegmt=True)
        self.store.answers = [error("InvalidSignatureException", Date=date), parameter("value")]
        self.assertEqual({"KEY": "value"}, self.resolve(KEY="ssm:/key"))
        signed = calendar.timegm(time.strptime(self.store.asked[1][3], "%Y%m%dT%H%M%SZ"))
        self.assertLess(abs(signed - ahead), 60)

    def test_expired_credentials_are_asked_for_anew(self):
        forgotten = []

        class Source:
            def get(self):
                from runctl_guard.aws.credentials import Credentials
                return Credentials("new" if forgotten else "old", "secret", None)

            def forget(self):
                forgotten.append(True)
        self.store.answers = [error("ExpiredTokenException"), parameter("value")]
        self.assertEqual({"KEY": "value"}, secrets.resolve({"KEY": "ssm:/key"}, "us-east-1", Source(), None))
        self.assertIn("Credential=new/", self.store.asked[1][2])
