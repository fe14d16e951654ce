import os

import support
from runctl_guard.errors import GuardError
from runctl_guard.service import systemd


class Units(support.RootedTest):
    """systemd's programs are stand-ins that write down how they were called; tests/systemd runs the real ones."""

    def setUp(self):
        super().setUp()
        self.calls = os.path.join(self.root, "calls")
        for name in ("systemctl", "systemd-run"):
            self.program(name, 'for part in "$0" "$@"; do echo "$part" >> %s; done' % self.calls)
        self.file = os.path.join(self.root, "guard.service")
        self.needrestart = os.path.join(self.root, "needrestart/runctl.conf")
        for name, path in (("GUARD_FILE", self.file), ("NEEDRESTART_FILE", self.needrestart)):
            self.addCleanup(setattr, systemd, name, getattr(systemd, name))
            setattr(systemd, name, path)
        self.set_environment(PATH="%s:%s" % (self.root, os.environ["PATH"]),
                             AWS_ENDPOINT_URL_S3="http://127.0.0.1:9/a%20b")

    def program(self, name, text):
        path = os.path.join(self.root, name)
        with open(path, "w") as file:
            file.write("#!/bin/sh\n" + text + "\n")
        os.chmod(path, 0o755)

    def called(self):
        with open(self.calls) as file:
            return file.read().split("\n")

    def unit(self):
        with open(self.file) as file:
            return file.read().split("\n")

    def test_the_guards_unit_is_written_before_systemd_is_told(self):
        self.program("systemctl", '[ -s %s ] && echo "$@" >> %s' % (self.file, self.calls))
        systemd.start_guard(["/usr/bin/python3", "guard.pyz", "guard"], 75)
        self.assertEqual(["daemon-reload", "--no-block start runctl-guard.service", ""], self.called())

    def test_what_systemd_would_take_as_its_own_is_quoted(self):
        systemd.start_guard(["/opt/my python/100%", 'a"b\\c'], 75)
        self.assertIn('ExecStart="/opt/my python/100%%" "a\\"b\\\\c"', self.unit())
        self.assertIn('Environment="AWS_ENDPOINT_URL_S3=http://127.0.0.1:9/a%%20b"', self.unit())

    def test_both_units_know_where_services_are_and_no_secret(self):
        systemd.start_guard(["guard"], 75)
        systemd.start_training("run-1", ["reaper"])
        self.assertIn("--setenv=AWS_ENDPOINT_URL_S3=http://127.0.0.1:9/a%20b", self.called())
        self.assertIn("--setenv=AWS_REGION=us-east-1", self.called())
        for text in self.called() + self.unit():
            self.assertNotIn("AWS_SECRET_ACCESS_KEY", text)

    def test_a_unit_that_systemd_refuses_is_an_error_with_its_words(self):
        self.program("systemd-run", "echo no such property; exit 1")
        with self.assertRaises(GuardError) as caught:
            systemd.start_training("run-1", ["reaper"])
        self.assertEqual(("UnitNotStarted", 7), (caught.exception.id, caught.exception.exit_code))
        self.assertIn("no such property", caught.exception.message)

    def test_restarts_after_updates_leave_both_units_alone(self):
        systemd.start_guard(["guard"], 75)
        self.assertFalse(os.path.exists(self.needrestart))
        os.mkdir(os.path.dirname(self.needrestart))
        systemd.start_guard(["guard"], 75)
        with open(self.needrestart) as file:
            self.assertEqual("$nrconf{override_rc}{qr(^runctl-)} = 0;\n", file.read())
        before = os.stat(self.needrestart)
        systemd.start_guard(["guard"], 75)
        self.assertEqual(before, os.stat(self.needrestart))

    def test_a_restart_is_told_from_a_stop(self):
        for job, expected in (("restart running", True), ("stop running", False), ("start waiting", False)):
            self.program("systemctl", "echo '1203 runctl-guard.service %s'" % job)
            self.assertEqual(expected, systemd.restarting())
        self.program("systemctl", "echo '7 other-runctl-guard.service restart running'; exit 1")
        self.assertFalse(systemd.restarting())

    def test_its_version_is_told(self):
        self.addCleanup(setattr, systemd, "has_systemd", systemd.has_systemd)
        systemd.has_systemd = lambda: True
        for text, expected in (("systemd 252 (252.16-1.amzn2023)", "252"), ("", None)):
            self.program("systemctl", "printf '%%s\n' '%s'" % text)
            self.assertEqual(expected, systemd.version())

    def test_in_a_root_of_its_own_there_is_no_systemd(self):
        self.assertFalse(systemd.has_systemd())
        self.assertEqual(([], None), (systemd.own_scope(), systemd.version()))
