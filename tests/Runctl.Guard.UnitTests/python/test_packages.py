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
