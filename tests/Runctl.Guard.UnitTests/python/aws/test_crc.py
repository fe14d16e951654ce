import os
import random
import tempfile
import unittest
import zlib

import support  # noqa: F401
from runctl_guard.aws import crc


def some_bytes(generator, count):
    return bytes(generator.getrandbits(8) for _ in range(count))


class Combine(unittest.TestCase):
    def test_it_equals_the_checksum_of_the_whole(self):
        generator = random.Random(7)
        for _ in range(200):
            first = some_bytes(generator, generator.randrange(0, 5000))
            second = some_bytes(generator, generator.choice([0, 1, 2, 3, 255, 256, 4097]))
            combined = crc.combine(zlib.crc32(first), zlib.crc32(second), len(second))
            self.assertEqual(zlib.crc32(first + second), combined)

    def test_many_parts_can_be_combined_in_turn(self):
        parts = [os.urandom(size) for size in (1, 1000, 0, 65537, 3)]
        total = 0
        for part in parts:
            total = crc.combine(total, zlib.crc32(part), len(part))
        self.assertEqual(zlib.crc32(b"".join(parts)), total)


class Range(unittest.TestCase):
    def test_a_file_that_has_become_shorter_is_an_error(self):
        with tempfile.TemporaryFile() as file:
            file.write(b"12345")
            file.flush()
            self.assertEqual(zlib.crc32(b"234"), crc.of_range(os.pread, file.fileno(), 1, 3))
            with self.assertRaises(OSError):
                crc.of_range(os.pread, file.fileno(), 1, 10)
