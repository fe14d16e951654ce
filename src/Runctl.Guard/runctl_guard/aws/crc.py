"""CRC32 of files and of what is put together from parts, written as S3 writes it."""
import base64
import zlib
from typing import Callable, List

POLYNOMIAL = 0xEDB88320


def to_base64(value: int) -> str:
    return base64.b64encode(value.to_bytes(4, "big")).decode("ascii")


def of_range(read: Callable[[int, int, int], bytes], descriptor: int, offset: int, length: int) -> int:
    """CRC32 of a range of an open file, read as by os.pread; OSError when the file ends before."""
    value, position, end = 0, offset, offset + length
    while position < end:
        block = read(descriptor, min(1 << 20, end - position), position)
        if not block:
            raise OSError("the file has become shorter")
        value = zlib.crc32(block, value)
        position += len(block)
    return value


def combine(first: int, second: int, second_length: int) -> int:
    """CRC32 of A+B from those of A and B and the length of B (Mark Adler's method: squaring the zero-byte operator)."""
    if second_length == 0:
        return first
    odd = [POLYNOMIAL] + [1 << bit for bit in range(31)]
    even = _square(odd)
    odd = _square(even)
    length = second_length
    while True:
        even = _square(odd)
        if length & 1:
            first = _times(even, first)
        length >>= 1
        if not length:
            break
        odd = _square(even)
        if length & 1:
            first = _times(odd, first)
        length >>= 1
        if not length:
            break
    return first ^ second


def _times(matrix: List[int], vector: int) -> int:
    total, row = 0, 0
    while vector:
        if vector & 1:
            total ^= matrix[row]
        vector >>= 1
        row += 1
    return total


def _square(matrix: List[int]) -> List[int]:
    return [_times(matrix, matrix[row]) for row in range(32)]
