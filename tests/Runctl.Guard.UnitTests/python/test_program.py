import ast
import gzip
import io
import os
import sys
import tarfile
import unittest

import support


class Program(unittest.TestCase):
    def test_it_is_python_3_8(self):
        for path in support.sources():
            ast.parse(support.read(path), path, feature_version=(3, 8))

    def test_it_needs_nothing_but_the_standard_library(self):
        known = getattr(sys, "stdlib_module_names", None)
        if known is None:
            self.skipTest("this Python does not say what its library has")
        for path in support.sources():
            for node in ast.walk(ast.parse(support.read(path))):
                if isinstance(node, ast.Import):
                    for alias in node.names:
                        self.assertIn(alias.name.split(".")[0], known, path)
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    self.assertIn(node.module.split(".")[0], set(known) | {"runctl_guard"}, path)

    def test_the_packed_archive_stays_small(self):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            for path in support.sources():
                data = support.stripped(support.read(path)).encode()
                info = tarfile.TarInfo(os.path.relpath(path, support.PROGRAM))
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        self.assertLess(len(gzip.compress(buffer.getvalue(), 9)), LARGEST)

    def test_docstrings_can_be_taken_out_line_by_line(self):
        for path in support.sources():
            plain = ast.dump(without_docstrings(ast.parse(support.read(path))))
            self.assertEqual(plain, ast.dump(without_docstrings(ast.parse(support.stripped(support.read(path))))), path)


# Bytes, packed. Delivery over SSM takes 50,000 characters of base64 a command, in as many commands as it needs.
LARGEST = 150 * 1024


def without_docstrings(tree):
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr) \
                and isinstance(getattr(body[0], "value", None), ast.Constant) and isinstance(body[0].value.value, str):
            del body[0]
    return tree
