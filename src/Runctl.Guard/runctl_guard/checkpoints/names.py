"""What names say: staging or not, the pattern they follow, the settings' globs. Numbers in them are never compared."""
import functools
import re
from typing import Callable, Iterable, List, NamedTuple

# Where files of a restore lie until all of them are there: a staging name, so that no rule takes it for a checkpoint.
STAGING = ".runctl-restore.tmp"
STAGING_WORDS = frozenset(("tmp", "temp", "temporary", "partial", "incomplete", "unfinished", "swp"))
# `x-00002-of-00004` and `x.data-00000-of-00001`: shards of one file.
SHARD = re.compile(r"^(.*?)(\d{5})(-of-)(\d{5})(?!\d)(.*)$")
# A word of eight or more letters and digits that changes between them so often is an identifier, not a name.
MANY_CHANGES = 4
# A measure in a name may be negative, as `reward_-21.5`, or tiny, as `loss=1e-05`: the same pattern as of its other values.
SIGN = re.compile(r"(?<=[_=\- ])[-+](?=\d)")
EXPONENT = re.compile(r"(?<![A-Za-z0-9])\d+(?:\.\d+)?e[-+]\d+(?![A-Za-z0-9])")
# Nor is it another one if it is no number any more. `model_inf` may be a model for inference.
NO_NUMBER = re.compile(r"(?i)(?:(?<=[=_])nan|(?<==)[-+]?inf)(?![A-Za-z0-9])")
# Linux takes any bytes for a name. A key in S3 and a manifest are UTF-8, and a terminal takes control characters for commands,
# some others for the direction of what follows. A session has the same rule for texts (Runctl.Core/Objects/Printable.cs), in which
# line ends and tabs may be.
NO_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
UUID = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Za-z])")


def is_text(name: str) -> bool:
    return name.isprintable() or NO_TEXT.search(name) is None


def as_text(name: str) -> str:
    return NO_TEXT.sub("\ufffd", name)


def above_of(path: str) -> List[str]:
    """The directories that a path lies in, the outermost first."""
    return [path[:at] for at, character in enumerate(path) if character == "/"]


@functools.lru_cache(maxsize=65536)
def is_staging(path: str) -> bool:
    """Whether a part of the path says that it is not finished."""
    return any(_staging_name(name) for name in path.split("/"))


def _staging_name(name: str) -> bool:
    if name.endswith("~"):
        return True
    for match in re.finditer(r"[^._\- ]+", name):
        before, word, after = name[:match.start()], match.group(), name[match.end():]
        if before.endswith(".") and word.lower().startswith("tmp"):
            return True
        for part in re.findall(r"[A-Z]*[a-z0-9]+|[A-Z]+(?![a-z])|[^A-Za-z0-9]+", word) or [word]:
            part = part.lower()
            if part.startswith("tempstate") or re.match(r"^tmp\d+$", part):
                return True
            # temp_0.5 is a temperature.
            if part in STAGING_WORDS and not (part == "temp" and re.match(r"^[._\- ]?\d+\.\d", after)):
                return True
    return False


# Of more files than this each pass over all of them in turn would miss every one.
@functools.lru_cache(maxsize=1 << 18)
def pattern_of(path: str) -> str:
    """The path with each run of digits and each identifier as `#`; the numbers of shards stay as they are."""
    shard = SHARD.match(path)
    if shard:
        return "%s%s%s%s%s" % (_plain(shard.group(1)), shard.group(2), shard.group(3), shard.group(4), _plain(shard.group(5)))
    return _plain(path)


def _plain(path: str) -> str:
    path = re.sub(r"[A-Za-z0-9]{6,}", lambda match: "#" if _identifier(match.group()) else match.group(), UUID.sub("#", path))
    return re.sub(r"\d+", "#", SIGN.sub("", NO_NUMBER.sub("0.0", EXPONENT.sub("0.0", path))))


def _identifier(word: str) -> bool:
    """A hash or a random id, as in names that differ at every save."""
    digits = re.search(r"\d", word) is not None
    letters = re.search(r"[A-Za-z]", word) is not None
    if not (digits and letters):
        return False
    if re.match(r"^(?:[0-9a-f]+|[0-9A-F]+)$", word):
        return True
    changes = len(re.findall(r"\d(?=[A-Za-z])|[A-Za-z](?=\d)", word))
    return len(word) >= 8 and changes >= MANY_CHANGES


def has_number(path: str) -> bool:
    """Whether every save may have a name of its own."""
    return "#" in pattern_of(path)


def compile_glob(glob: str) -> Callable[[str], bool]:
    """Matches a path and all that is below it. `*` stays within a name, `**` does not; without a slash any name counts."""
    anchored = "/" in glob.rstrip("/")
    pieces: List[str] = []
    for piece in re.findall(r"\*\*/?|\*|\?|\[!?[^\]]+\]|[^*?\[]+|\[", glob.strip("/")):
        if piece.startswith("**"):
            pieces.append("(?:.*/)?" if piece.endswith("/") else ".*")
        elif piece == "*":
            pieces.append("[^/]*")
        elif piece == "?":
            pieces.append("[^/]")
        elif len(piece) > 1 and piece[0] == "[":
            pieces.append("[" + piece[1:].replace("\\", "\\\\").replace("!", "^", 1) if piece[1] == "!" else piece.replace("\\", "\\\\"))
        else:
            pieces.append(re.escape(piece))
    expression = re.compile("^%s%s(?:/.*)?$" % ("" if anchored else "(?:.*/)?", "".join(pieces)), re.S)
    return lambda path: expression.match(path) is not None


class Settings(NamedTuple):
    """`[checkpoint]` as far as it says what belongs: globs on paths below the directory. `only` is `patterns` of 0.1."""
    include: Iterable[str] = ()
    exclude: Iterable[str] = ()
    head: str = ""
    only: Iterable[str] = ()

    def belongs(self) -> Callable[[str], bool]:
        """A function that says whether a path may be part of a checkpoint."""
        include, exclude = [compile_glob(glob) for glob in self.include], [compile_glob(glob) for glob in self.exclude]
        # 0.1 compared with the names directly in the directory.
        only = [compile_glob("/" + glob) for glob in self.only]

        def decide(path: str) -> bool:
            if any(match(path) for match in exclude):
                return False
            if only:
                return any(match(path) for match in only)
            return any(match(path) for match in include) or not is_staging(path)
        return decide
