import os
import stat

import support
from runctl_guard.system import machine_settings as settings


class Sources(support.RootedTest):
    def setUp(self):
        super().setUp()
        for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"):
            self.set_environment(**{name: ""})
            del os.environ[name]

    def etc(self, text):
        with open(os.path.join(self.root, "etc/environment"), "w") as file:
            file.write(text)

    def test_etc_environment_counts_for_the_guard(self):
        self.etc('HTTPS_PROXY="http://etc:3128"\nexport NO_PROXY=.internal\nOTHER=1\n')
        self.assertEqual({"https_proxy": "http://etc:3128", "no_proxy": ".internal"}, settings.machine_settings())

    def test_the_process_comes_before_what_was_kept_and_that_before_etc_environment(self):
        self.etc("HTTPS_PROXY=http://etc:1\nHTTP_PROXY=http://etc:1\nNO_PROXY=etc\n")
        self.set_environment(https_proxy="http://agent:2", HTTP_PROXY="http://agent:2")
        settings.keep_machine_settings()
        del os.environ["https_proxy"]
        os.environ["HTTP_PROXY"] = "http://now:3"
        self.assertEqual({"https_proxy": "http://agent:2", "http_proxy": "http://now:3", "no_proxy": "etc"},
                         settings.machine_settings())

    def test_the_name_in_lower_case_comes_first(self):
        self.set_environment(HTTPS_PROXY="http://upper:1", https_proxy="http://lower:1")
        self.assertEqual("http://lower:1", settings.machine_settings()["https_proxy"])

    def test_an_empty_value_takes_a_proxy_away(self):
        self.etc("HTTPS_PROXY=http://etc:1\n")
        self.set_environment(HTTPS_PROXY="")
        self.assertEqual("", settings.machine_settings()["https_proxy"])

    def test_what_is_kept_may_hold_a_password_and_is_the_guards_alone(self):
        path = os.path.join(self.root, "var/lib/runctl/machine.json")
        settings.keep_machine_settings()
        self.assertFalse(os.path.exists(path))
        self.set_environment(HTTPS_PROXY="http://user:secret@proxy:1")
        settings.keep_machine_settings()
        self.assertEqual(0o600, stat.S_IMODE(os.stat(path).st_mode))
        # A proxy that was taken away is forgotten.
        del os.environ["HTTPS_PROXY"]
        settings.keep_machine_settings()
        self.assertEqual({}, settings.machine_settings())
