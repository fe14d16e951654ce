"""What kind of content a file has, by its first and last bytes. Nothing is ever unpickled."""
import re
import struct
from typing import Optional

# Bytes that tell the kind: as many from the beginning, as many from the end.
HEAD_BYTES = 512
TAIL_BYTES = 8
LARGEST_SAFETENSORS_HEADER = 100 << 20

MAGIC = ((b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"), (b"\x89HDF\r\n\x1a\n", "hdf5"), (b"\x93NUMPY", "npy"),
         (b"GGUF", "gguf"), (b"lmgg", "gguf"), (b"tjgg", "gguf"), (b"SQLite format 3\0", "database"),
         (b"7\x7f\x06\x82", "database"), (b"7\x7f\x06\x83", "database"), (b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", "database"),
         (b"\x18\xe2\x2d\x00", "database"),
         (b":W&B", "log"), (b"\x0c\xdb\x3a\x2a", "ocdbt"), (b"\x89PNG", "media"), (b"\xff\xd8\xff", "media"), (b"GIF8", "media"),
         (b"RIFF", "media"), (b"OggS", "media"), (b"ID3", "media"), (b"%PDF", "media"), (b"\x1aE\xdf\xa3", "media"))
TF_INDEX_TAIL = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"
TF_DATA = re.compile(r"\.data-\d{5}-of-\d{5}$")
# These hold a model or its optimizer.
WEIGHT_KINDS = frozenset(("zip", "safetensors", "hdf5", "npy", "pickle", "gguf", "msgpack", "tf-data", "tf-index", "distcp",
                          "ocdbt"))
# These never do, however large they are; a database only if nothing else is there.
OTHER_KINDS = frozenset(("media", "database", "log"))
TEXT_KINDS = frozenset(("json", "text"))


def kind_of(name: str, size: int, head: bytes, tail: bytes = b"") -> str:
    """One of WEIGHT_KINDS, OTHER_KINDS, TEXT_KINDS, `binary` for content without a mark, or `empty`."""
    base = name.rsplit("/", 1)[-1]
    if TF_DATA.search(base):
        return "tf-data"
    if base.endswith(".distcp"):
        return "distcp"
    if ".tfevents." in base or base.startswith("events.out."):
        return "log"
    if size == 0:
        return "empty"
    for magic, kind in MAGIC:
        if head.startswith(magic):
            return kind
    if head[4:8] == b"ftyp":
        return "media"
    if tail == TF_INDEX_TAIL or base.endswith(".index") and not _printable(head):
        return "tf-index"
    if _safetensors(size, head):
        return "safetensors"
    if head[0] == 0x80 and len(head) > 1 and 2 <= head[1] <= 5:
        return "pickle"
    if _msgpack(head):
        return "msgpack"
    if _printable(head):
        return "json" if head.lstrip()[:1] in (b"{", b"[") else "text"
    return "binary"


def _safetensors(size: int, head: bytes) -> bool:
    if len(head) < 10 or head[8:9] != b"{":
        return False
    (length,) = struct.unpack("<Q", head[:8])
    return 2 <= length <= LARGEST_SAFETENSORS_HEADER and head[9:10] in b'"} \n\t'


def _msgpack(head: bytes) -> bool:
    """A map whose first key is a short name, as flax writes it."""
    first = head[0]
    start = 1 if 0x81 <= first <= 0x8f else 3 if first == 0xde else 5 if first == 0xdf else 0
    if not start or len(head) <= start:
        return False
    mark = head[start]
    if 0xa1 <= mark <= 0xbf:
        key = head[start + 1:start + 1 + (mark & 0x1f)]
    elif mark == 0xd9 and len(head) > start + 1:
        key = head[start + 2:start + 2 + head[start + 1]]
    else:
        return False
    return re.match(rb"^[A-Za-z0-9_./ -]+$", key) is not None


def _printable(head: bytes) -> bool:
    if b"\0" in head:
        return False
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        # The first bytes may end in the middle of a character.
        if error.start < len(head) - 4:
            return False
        text = head[:error.start].decode("utf-8")
    return all(character.isprintable() or character in "\r\n\t\f\x1b" for character in text)


def tensorflow_prefix(path: str, kind: str) -> Optional[str]:
    """`ckpt-8` for its index and its data files: what TensorFlow is given to load."""
    if kind == "tf-data":
        return TF_DATA.sub("", path)
    if kind == "tf-index" and path.endswith(".index"):
        return path[:-len(".index")]
    return None
