import base64
import json
import unittest

import support  # noqa: F401
from runctl_guard.commands.envelope import decode
from runctl_guard.errors import GuardError


def packed(value):
    return "@" + base64.b64encode(json.dumps(value, ensure_ascii=False).encode("utf-8")).decode()


class Decoding(unittest.TestCase):
    def test_text_no_shell_would_survive_comes_through(self):
        odd = "a'b\"c$(reboot)`x`\\ \n\t\u00fc\u20ac\U0001f600;&|"
        found = decode(packed({"argv": ["run", odd], "stdin": {"arguments": [odd]}}))
        self.assertEqual(["run", odd], found.argv)
        self.assertEqual({"arguments": [odd]}, found.stdin)

    def test_line_breaks_in_the_base64_do_not_matter(self):
        text = packed({"argv": ["status"] * 20})
        self.assertEqual(20, len(decode(text[:30] + "\n" + text[30:60] + " " + text[60:]).argv))

    def test_what_is_no_envelope_is_refused(self):
        for text in ("@", "@!!!", "@" + base64.b64encode(b"\xff\xfe").decode(), packed({}), packed([]),
                     packed({"argv": "status"}), packed({"argv": [1]}), packed(None)):
            with self.assertRaises(GuardError) as caught:
                decode(text)
            self.assertEqual(2, caught.exception.exit_code, text)
