"""The packages of the guard: which may use which, and what their names and `__init__` may be."""
import ast
import os
import unittest

import support

# From the ground up. A package uses those of the rows below its own, and neither its neighbours in the row nor those above.
ROWS = [{"errors"}, {"system"}, {"aws", "service"}, {"runs"}, {"checkpoints"}, {"training", "interruption"}, {"guard"},
        {"commands"}, {"cli"}]
ROOM = os.path.join(support.PROGRAM, "runctl_guard")


def modules():
    """The sources by their place: ("runs", "journal") for runs/journal.py, ("cli",) for cli.py."""
    for path in support.sources():
        place = tuple(os.path.relpath(path, ROOM)[:-len(".py")].split(os.sep))
        if place[0] != "..":
            yield place, ast.parse(support.read(path), path)


def imports(place, tree):
    """Every import of the program's own, also one inside a function or for type checking alone: (line, place)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "runctl_guard":
                    yield node.lineno, tuple(alias.name.split(".")[1:])
        elif isinstance(node, ast.ImportFrom):
            module = tuple(node.module.split(".")) if node.module else ()
            if node.level:
                module = place[:len(place) - node.level] + module
            elif module[0] == "runctl_guard":
                module = module[1:]
            else:
                continue
            for alias in node.names:
                yield node.lineno, module + (alias.name,)


def row_of(package):
    return next(i for i, row in enumerate(ROWS) if package in row)


# Rooms without access to files of their own: `files` is for those of the guard, `user_files` for those of the user.
WITHOUT_FILES = {"aws", "runs", "checkpoints", "training", "interruption", "guard", "commands", "cli"}
# Functions that open, make, change, remove or list by a path. Metadata are not among them, nor are open descriptors.
BY_PATH = {"os": {"open", "link", "symlink", "rename", "renames", "replace", "remove", "unlink", "rmdir", "removedirs", "mkdir",
                  "makedirs", "mknod", "mkfifo", "chmod", "chown", "lchown", "truncate", "listdir", "scandir", "walk", "fwalk",
                  "listxattr", "setxattr"},
           "io": {"open", "open_code", "FileIO"}, "shutil": None, "tempfile": None, "pathlib": None, "glob": {"glob", "iglob"}}
KERNEL = ("/proc/", "/sys/", "/dev/")


def used_by_path(tree):
    """Each call that reaches a file by its path, unless the path is written there as one of the kernel's."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        module, name = "", getattr(node.func, "id", "")
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            module, name = node.func.value.id, node.func.attr
        function = module + "." + name if module else name
        known = BY_PATH.get(module)
        if function == "open" or module in BY_PATH and (known is None or name in known):
            if not (node.args and _is_of_the_kernel(node.args[0])) and function != "shutil.which":
                yield node.lineno, function


def _is_of_the_kernel(path):
    if isinstance(path, ast.BinOp):
        path = path.left
    return isinstance(path, ast.Constant) and (str(path.value) + "/").startswith(KERNEL)


class Files(unittest.TestCase):
    def test_no_room_opens_or_changes_a_file_by_its_path(self):
        found = ["%s:%d calls %s" % ("/".join(place), line, function) for place, tree in modules() if place[0] in WITHOUT_FILES
                 for line, function in used_by_path(tree)]
        self.assertEqual([], found)

    def test_nothing_is_imported_by_another_name_that_does(self):
        found = ["%s:%d" % ("/".join(place), node.lineno) for place, tree in modules() if place[0] in WITHOUT_FILES
                 for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level and node.module in BY_PATH
                 or isinstance(node, ast.Import) and any(alias.asname and alias.name in BY_PATH for alias in node.names)]
        self.assertEqual([], found)

    def test_the_rule_sees_what_it_forbids(self):
        for text, seen in (("open(path)", True), ("os.rename(a, b)", True), ("shutil.rmtree(a)", True), ("os.fdopen(3)", False),
                           ("open('/proc/%d/stat' % pid)", False), ("folder.open(name)", False), ("open('/process')", True)):
            self.assertEqual(seen, bool(list(used_by_path(ast.parse(text)))), text)


class Packages(unittest.TestCase):
    def test_each_has_a_row_and_each_row_is_there(self):
        self.assertEqual(set().union(*ROWS), {place[0] for place, _ in modules()} - {"__init__"})

    def test_a_package_uses_only_those_below_it(self):
        upward = ["%s:%d imports %s" % ("/".join(place), line, ".".join(used)) for place, tree in modules()
                  for line, used in imports(place, tree)
                  if used[0] != place[0] and row_of(used[0]) >= row_of(place[0])]
        self.assertEqual([], upward)

    def test_modules_do_not_import_each_other_in_a_circle(self):
        known = {place for place, _ in modules()}
        uses = {place: {used[:len(used) - cut] for _, used in imports(place, tree) for cut in (0, 1)} & known - {place}
                for place, tree in modules()}
        while uses:
            free = {place for place, used in uses.items() if not used & set(uses)}
            self.assertTrue(free, "in a circle, or above one: %s" % sorted(uses))
            uses = {place: used for place, used in uses.items() if place not in free}

    def test_an_init_says_what_belongs_there_and_imports_nothing(self):
        # `status` is asked every few seconds: it must not pay for what other commands need.
        inits = [(place, tree) for place, tree in modules() if place[-1] == "__init__"]
        self.assertEqual({place[0] for place, _ in modules() if len(place) > 1}, {place[0] for place, _ in inits if len(place) > 1})
        for place, tree in inits:
            self.assertEqual(1, len(tree.body), place)
            self.assertTrue(ast.get_docstring(tree), place)

    def test_no_module_bears_the_name_of_one_of_pythons_that_is_used(self):
        used = set()
        for path in support.sources():
            for node in ast.walk(ast.parse(support.read(path))):
                if isinstance(node, ast.Import):
                    used |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    used.add(node.module.split(".")[0])
        self.assertEqual(set(), {place[-1] for place, _ in modules()} & (used - {"runctl_guard"}))
        self.assertIn("os", used)
