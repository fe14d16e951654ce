"""Names for processes that are safe to store and to send: of a command line only the program, its script or its module.
Options, their values, arguments, code and variables may hold secrets, so no word of another kind is ever kept."""
import os
import re
from typing import Dict, List, NamedTuple, Sequence, Tuple

# A name of a file, and nothing that code, an address or an assignment could be.
PATH = re.compile(r"[\w./~+-]{1,400}")
NAME = re.compile(r"\w[\w.+-]{0,63}")
MODULE = re.compile(r"[A-Za-z_]\w*(\.\w+){0,20}")
SCRIPT = re.compile(
    r".*[\w-]\.(py|pyz|pyc|sh|bash|zsh|ksh|csh|fish|pl|rb|js|mjs|cjs|ts|php|lua|[rR]|jl|tcl|jar|dll|ps1)")


class Interpreter(NamedTuple):
    """The letters of its options: before code, before a module, and before any other value."""
    code: str
    module: str = ""
    valued: str = ""


_PYTHON = Interpreter("c", "m", "WX")
INTERPRETERS: Dict[str, Interpreter] = {
    "python": _PYTHON, "pypy": _PYTHON, "perl": Interpreter("eE", valued="0CDFIMmx"),
    "ruby": Interpreter("e", valued="CEFIKTWrx"), "node": Interpreter("ep", valued="rC"),
    "php": Interpreter("rRBE", valued="cdfz"), "lua": Interpreter("e", valued="l"), "Rscript": Interpreter("e"),
    "R": Interpreter("e"), "julia": Interpreter("eE", valued="pLJtCO")}
for _name in ("sh", "bash", "dash", "ash", "zsh", "ksh", "fish", "csh", "tcsh"):
    INTERPRETERS[_name] = Interpreter("c", valued="oO")
LONG_CODE = ("--eval", "--print", "--command", "--execute", "--run", "--init-command")


class Named(NamedTuple):
    program: str
    script: str = ""
    module: str = ""


def named(argv: Sequence[str]) -> Named:
    """The program of a command line with its script or module, if it has one that is known for what it is."""
    program, words = _program(argv), list(argv[1:])
    interpreter = INTERPRETERS.get(program.rstrip("0123456789."))
    if interpreter:
        kind, words = _own_options(interpreter, words)
        if kind == "code":
            return Named(program)
        if kind == "module":
            return Named(program, module=words[0] if words and MODULE.fullmatch(words[0]) else "")
        if words and _is_installed(words[0]):
            program, words = _program(words[:1]), words[1:]
    return Named(program, next((word for word in words if _is_script(word)), ""))


def shown(argv: Sequence[str]) -> str:
    """A process for people, events and records: `python3 train.py`, `python3 -m package`, `torchrun train.py`."""
    found = named(argv)
    more = os.path.basename(found.script) or (found.module and "-m " + found.module)
    return "%s %s" % (found.program, more) if more else found.program


def script_of(argv: Sequence[str]) -> str:
    """The script as its command line names it, else the module, else the program."""
    found = named(argv)
    return found.script or found.module or found.program


def _is_installed(word: str) -> bool:
    """A command that an interpreter runs: torchrun, accelerate, conda."""
    return word.split("/")[-2:-1] == ["bin"] and bool(PATH.fullmatch(word)) and not SCRIPT.fullmatch(word)


def _is_script(word: str) -> bool:
    return not word.startswith(("-", "+")) and bool(PATH.fullmatch(word) and SCRIPT.fullmatch(word))


def _program(argv: Sequence[str]) -> str:
    """A process may write anything over its command line, which is one word then: the first part of it counts."""
    if not argv:
        return "?"
    words = argv[0].split() if len(argv) == 1 else argv[:1]
    name = os.path.basename(words[0]).lstrip("-") if words else ""
    return name if NAME.fullmatch(name) else "?"


def _own_options(interpreter: Interpreter, words: List[str]) -> Tuple[str, List[str]]:
    """`code`, `module` with it as the first word, or `file` with the words after the interpreter's own options."""
    place = 0
    while place < len(words) and words[place].startswith("-") and words[place] not in ("-", "--"):
        word, place = words[place], place + 1
        if word.startswith("--"):
            if word.partition("=")[0] in LONG_CODE:
                return "code", []
            continue
        for at, letter in enumerate(word[1:], 2):
            if letter in interpreter.code:
                return "code", []
            if letter in interpreter.module:
                return "module", ([word[at:]] if word[at:] else []) + words[place:]
            if letter in interpreter.valued:
                place += not word[at:]
                break
    return "file", words[place:]
