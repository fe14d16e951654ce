"""The program's bytecode, kept in its archive beside the sources: to compile it costs more than most calls do."""
import importlib.util
import io
import marshal
import os
import zipfile

from ..system import files

# PEP 552: not checked against the source. The archive's name is the hash of its sources.
UNCHECKED_HASH = b"\1\0\0\0"


def keep(program: str) -> None:
    """Adds what this Python makes of the sources. Another Python finds nothing of its own, and takes the sources.

    What the archive holds stays where it is, so that those who run from it already still find it.
    """
    if not os.path.isfile(program):
        return
    with open(program, "rb") as file:
        whole = io.BytesIO(file.read())
    with zipfile.ZipFile(whole, "a") as archive:
        names = archive.namelist()
        if any(name.endswith(".pyc") for name in names):
            return
        for name in names:
            source = archive.read(name)
            code = compile(source, os.path.join(program, name), "exec", dont_inherit=True)
            archive.writestr(zipfile.ZipInfo(name + "c"), importlib.util.MAGIC_NUMBER + UNCHECKED_HASH
                             + importlib.util.source_hash(source) + marshal.dumps(code))
    files.write_unreserved(program, whole.getvalue())
