"""Requests through a proxy: one that runs here, between the guard and S3."""
import base64
import http.client
import http.server
import os
import select
import socket
import ssl
import threading
import unittest
from unittest import mock

import support
from runctl_guard.aws import connections
from runctl_guard.aws.proxies import proxy_for
from runctl_guard.aws.s3 import Location, S3Error
from runctl_guard.aws.session import Session
from runctl_guard.errors import GuardError

AT = Location("bucket", "runs/one/run.json")
# A certificate of s3.test, and its key, made for these tests and good for nothing else.
CERTIFICATE = os.path.join(support.HERE, "aws", "s3_test.pem")


class Proxy:
    """A forward proxy. It knows names by `hosts` alone; `password` is what it demands."""

    def __init__(self, hosts, password=None):
        self.asked, self.seen = [], []
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_):
                pass

            def allowed(self):
                proxy.asked.append("%s %s" % (self.command, self.path))
                proxy.seen.append(dict(self.headers.items()))
                given = self.headers.get("Proxy-Authorization")
                if not password or given == "Basic " + base64.b64encode(password.encode()).decode():
                    return True
                self.close_connection = True
                self.send_response_only(407)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return False

            def do_CONNECT(self):
                self.close_connection = True
                if not self.allowed():
                    return
                with socket.create_connection(hosts[self.path.partition(":")[0]]) as other:
                    self.send_response_only(200)
                    self.end_headers()
                    ends = {self.connection: other, other: self.connection}
                    while True:
                        for end in select.select(list(ends), [], [])[0]:
                            data = end.recv(1 << 16)
                            if not data:
                                return
                            ends[end].sendall(data)

            def do_PUT(self):
                if not self.allowed():
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                name, _, path = self.path[len("http://"):].partition("/")
                forward = http.client.HTTPConnection(*hosts[name])
                forward.request(self.command, "/" + path, body, {
                    name: value for name, value in self.headers.items() if not name.lower().startswith("proxy-")})
                answer = forward.getresponse()
                data = answer.read()
                self.send_response_only(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("content-length", "connection"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
                forward.close()

            do_GET = do_PUT
        self.server = support.Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Through(support.RootedTest):
    def setUp(self):
        super().setUp()
        for name in ("https_proxy", "http_proxy", "no_proxy", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"):
            self.set_environment(**{name: ""})
            del os.environ[name]
        self.start_s3()
        self.addCleanup(connections.close_connections)

    def start_proxy(self, password=None):
        proxy = Proxy({name: self.s3.server.server_address for name in ("s3.test", "other.test")}, password)
        self.addCleanup(proxy.close)
        return proxy

    def serve_tls(self):
        """S3 speaks TLS from now on; the guard trusts its certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        plain = self.s3.server.socket
        self.s3.server.socket = context.wrap_socket(plain, server_side=True)
        trusting = mock.patch.object(connections, "_context", lambda: ssl.create_default_context(cafile=CERTIFICATE))
        trusting.start()
        self.addCleanup(trusting.stop)

    def client(self, scheme):
        self.set_environment(AWS_ENDPOINT_URL=scheme + "://s3.test")
        return Session().s3()

    def test_http_asks_the_proxy_for_the_whole_address(self):
        proxy = self.start_proxy()
        self.set_environment(http_proxy="http://127.0.0.1:%d" % proxy.port)
        client = self.client("http")
        client.put(AT, b"content")
        self.assertEqual(b"content", client.get(AT).body)
        self.assertEqual(["PUT http://s3.test/bucket/runs/one/run.json", "GET http://s3.test/bucket/runs/one/run.json"], proxy.asked)
        self.assertNotIn("Proxy-Authorization", proxy.seen[0])

    def test_https_goes_through_a_tunnel_that_is_kept(self):
        self.serve_tls()
        proxy = self.start_proxy()
        self.set_environment(HTTPS_PROXY="http://127.0.0.1:%d" % proxy.port)
        client = self.client("https")
        client.put(AT, b"content")
        self.assertEqual(b"content", client.get(AT).body)
        self.assertEqual(["CONNECT s3.test:443"], proxy.asked)

    def test_the_password_goes_to_the_proxy_and_nowhere_else(self):
        self.serve_tls()
        proxy = self.start_proxy("us@er:p@ss word")
        self.set_environment(https_proxy="http://us%%40er:p%%40ss%%20word@127.0.0.1:%d" % proxy.port)
        client = self.client("https")
        client.put(AT, b"content")
        self.assertIn("Proxy-Authorization", proxy.seen[0])
        self.assertNotIn("proxy-authorization", self.s3.sent["/bucket/" + AT.key])

    def test_a_refusal_names_the_proxy_and_no_password(self):
        self.serve_tls()
        proxy = self.start_proxy("user:right")
        self.set_environment(https_proxy="http://user:wrong-secret@127.0.0.1:%d" % proxy.port)
        with self.assertRaises(S3Error) as caught:
            self.client("https").call("GET", AT, attempts=1)
        self.assertIn("through the proxy 127.0.0.1:%d" % proxy.port, caught.exception.message)
        self.assertIn("407", caught.exception.message)
        self.assertNotIn("secret", caught.exception.message)

    def test_an_address_that_is_no_http_proxy_is_refused_without_its_password(self):
        for url in ("https://user:secret@proxy:1", "socks5://user:secret@proxy:1", "http://user:secret@", "http://user:secret@h:port",
                    "http://user:secret@a..b:1", "http://user:secret@%s.x:1" % ("a" * 64)):
            self.set_environment(https_proxy=url)
            with self.assertRaises(GuardError) as caught:
                self.client("https").get(AT)
            self.assertEqual("ProxyUnusable", caught.exception.id)
            self.assertIn("HTTPS_PROXY", caught.exception.message)
            self.assertNotIn("secret", caught.exception.message)

    def test_what_no_proxy_names_is_asked_directly(self):
        proxy = self.start_proxy()
        self.set_environment(http_proxy="http://127.0.0.1:%d" % proxy.port, no_proxy="s3.test")
        with self.assertRaises(S3Error):
            # Only the proxy knows this name.
            self.client("http").call("GET", AT, attempts=1)
        self.assertEqual([], proxy.asked)

    def test_a_proxy_that_etc_environment_gains_is_used_without_a_new_start(self):
        proxy = self.start_proxy()
        client = self.client("http")
        with self.assertRaises(S3Error):
            client.call("GET", AT, attempts=1)
        with open(os.path.join(self.root, "etc/environment"), "w") as file:
            file.write("HTTP_PROXY=http://127.0.0.1:%d\n" % proxy.port)
        client.put(AT, b"content")
        self.assertEqual(1, len(proxy.asked))


class Metadata(support.WithService):
    def test_the_metadata_service_is_never_asked_through_a_proxy(self):
        self.fake.answers["meta-data/instance-id"] = (200, "i-0123456789abcdef0")
        self.set_environment(http_proxy="http://127.0.0.1:9", AWS_EC2_METADATA_SERVICE_ENDPOINT=self.fake.url.replace("127.0.0.1", "0.0.0.0"))
        from runctl_guard.aws.imds import Imds
        self.assertEqual("ok", Imds().get("meta-data/instance-id").status)


class Rules(unittest.TestCase):
    def test_no_proxy_is_read_as_curl_and_python_read_it(self):
        for no_proxy, netloc, direct in (
                ("", "s3.us-east-1.amazonaws.com", False),
                ("*", "s3.us-east-1.amazonaws.com", True),
                ("amazonaws.com", "b.s3.us-east-1.amazonaws.com", True),
                (".amazonaws.com", "b.s3.us-east-1.amazonaws.com", True),
                ("*.amazonaws.com", "b.s3.us-east-1.amazonaws.com", True),
                (".amazonaws.com", "amazonaws.com", True),
                ("azonaws.com", "s3.amazonaws.com", False),
                ("a.test , AMAZONAWS.COM", "s3.amazonaws.com", True),
                ("a.test b.test", "b.test:443", True),
                ("b.test:443", "b.test", True),
                ("b.test:8443", "b.test", False),
                ("b.test:8443", "b.test:8443", True),
                ("10.0.0.0/8", "10.1.2.3", True),
                ("10.0.0.0/8", "11.1.2.3", False),
                ("10.0.0.0/8", "s3.test", False),
                ("10.1.2.3", "10.1.2.3:9000", True),
                ("fd00::/8", "[fd00:ec2::254]", True),
                ("[fd00:ec2::254]", "[fd00:ec2::254]:443", True),
                ("nonsense/8,,", "s3.test", False)):
            proxy = proxy_for("https", netloc, {"https_proxy": "http://proxy:3128", "no_proxy": no_proxy})
            self.assertEqual(direct, proxy is None, (no_proxy, netloc))

    def test_the_machine_itself_is_never_behind_a_proxy(self):
        for netloc in ("127.0.0.1:4566", "localhost", "127.8.9.1", "[::1]:80", "a.localhost"):
            self.assertIsNone(proxy_for("http", netloc, {"http_proxy": "http://proxy:3128"}), netloc)

    def test_each_scheme_has_its_own_proxy(self):
        settings = {"http_proxy": "plain:1", "https_proxy": "http://[fd00::1]:2/"}
        self.assertEqual(("plain", 1), proxy_for("http", "s3.test", settings)[:2])
        self.assertEqual(("fd00::1", 2), proxy_for("https", "s3.test", settings)[:2])
        self.assertIsNone(proxy_for("https", "s3.test", {"http_proxy": "plain:1"}))
        self.assertEqual(80, proxy_for("http", "s3.test", {"http_proxy": "http://proxy"}).port)
