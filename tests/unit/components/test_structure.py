"""The rules for the source of all components: children are visible, arguments documented, nothing is luggage."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.program import ROOT

FOLDER = ROOT / "components"
MODULES = sorted(path for path in FOLDER.rglob("*.py") if path.name != "__init__.py")
PROGRAM = [ROOT / "__main__.py", *MODULES]
DEEPEST = 2


def classes(tree: ast.Module) -> Iterator[ast.ClassDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))


def is_component(class_: ast.ClassDef) -> bool:
    return any(isinstance(base, ast.Name) and base.id == "ComponentResource" for base in class_.bases)


def by_path(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


COMPONENTS = {c.name for path in MODULES for c in classes(ast.parse(path.read_text())) if is_component(c)}
FIELDS = {
    (class_.name, statement.target.id): {
        node.id for node in ast.walk(statement.annotation) if isinstance(node, ast.Name)
    }
    for path in MODULES
    for class_ in classes(ast.parse(path.read_text()))
    for statement in class_.body
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
}
"""The names in the annotation of each attribute, by class and attribute."""


# ---- children are visible


def public_outside_of_init(tree: ast.Module) -> Iterator[str]:
    """Assignments to `self.<public name>`, also by `append` and the like, in methods other than `__init__`."""
    for class_ in classes(tree):
        for method in class_.body:
            if isinstance(method, ast.FunctionDef) and method.name != "__init__":
                for node in ast.walk(method):
                    changed = node if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) else None
                    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                        mutating = node.func.attr in ("append", "extend", "update", "add", "setdefault", "insert")
                        changed = node.func.value if mutating else changed
                    of_self = isinstance(changed, ast.Attribute) and ast.unparse(changed.value) == "self"
                    if of_self and not changed.attr.startswith("_"):
                        yield f"{class_.name}.{method.name} sets self.{changed.attr}"


@pytest.mark.parametrize("path", MODULES, ids=by_path)
def test_public_attributes_are_set_in_init_alone(path: Path) -> None:
    assert list(public_outside_of_init(ast.parse(path.read_text()))) == []


@pytest.mark.parametrize("statement", ["self.a = 1", "self.a: int = 1", "self.a, self._b = 1, 2", "self.a.append(1)"])
def test_a_helper_that_sets_a_public_attribute_would_be_noticed(statement: str) -> None:
    assert list(public_outside_of_init(ast.parse(f"class C:\n  def _help(self):\n    {statement}\n")))
    assert not list(public_outside_of_init(ast.parse(f"class C:\n  def __init__(self):\n    {statement}\n")))
    private = statement.replace("self.a", "self._a")
    assert not list(public_outside_of_init(ast.parse(f"class C:\n  def _help(self):\n    {private}\n")))


@pytest.mark.parametrize("path", MODULES, ids=by_path)
def test_every_attribute_that_a_component_declares_is_set_in_its_init(path: Path) -> None:
    for class_ in filter(is_component, classes(ast.parse(path.read_text()))):
        declared = {s.target.id for s in class_.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)}
        (init,) = [m for m in class_.body if isinstance(m, ast.FunctionDef) and m.name == "__init__"]
        stored = {
            node.attr
            for node in ast.walk(init)
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and not node.attr.startswith("_")
        }
        assert declared == stored, class_.name


# ---- arguments are documented


def undocumented(tree: ast.Module) -> Iterator[str]:
    """Fields of classes called `...Args` that no text follows, and such texts that are not a sentence of words."""
    for class_ in classes(tree):
        if not class_.name.endswith("Args"):
            continue
        for statement, following in zip(class_.body, [*class_.body[1:], None], strict=True):
            if isinstance(statement, ast.AnnAssign):
                text = (
                    following.value.value
                    if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
                    else ""
                )
                if not isinstance(text, str) or len(text.split()) < 2 or not text.rstrip().endswith("."):
                    yield f"{class_.name}.{ast.unparse(statement.target)}"


@pytest.mark.parametrize("path", MODULES, ids=by_path)
def test_every_argument_has_its_own_documentation(path: Path) -> None:
    assert list(undocumented(ast.parse(path.read_text()))) == []


def test_an_argument_without_documentation_would_be_noticed() -> None:
    source = (
        "class ThingArgs:\n  'What a thing needs.'\n  a: int\n  'How many.'\n  b: int\n  c: int = 1\n  'Some number.'\n"
    )
    assert list(undocumented(ast.parse(source))) == ["ThingArgs.b"]


# ---- nothing is luggage


@dataclass
class Scope:
    """The names of a function, or of the program: how far each is from the component that it comes from, and what class
    it is of."""

    depths: dict[str, tuple[int, set[str]]] = field(default_factory=dict)


def reached(node: ast.expr, scope: Scope, own: str) -> tuple[int, set[str]] | None:
    """Returns how many attributes deep an expression is in another component, and the classes its value may be of.

    None: it does not lead into a component. Subscripts and calls of methods are transparent.
    """
    match node:
        case ast.Name(id=name):
            return scope.depths.get(name)
        case ast.Subscript(value=value) | ast.Call(func=ast.Attribute(value=value)):
            inner = reached(value, scope, own)
            return inner and (inner[0], inner[1])
        case ast.Call(func=ast.Name(id=name)) if name in COMPONENTS:
            return 0, {name}
        case (
            ast.Attribute(value=ast.Name(id="args"), attr=attr)
            | ast.Attribute(value=ast.Attribute(value=ast.Name(id="self"), attr="_args"), attr=attr)
        ):
            kinds = FIELDS.get((f"{own}Args", attr), set())
            return (0, kinds & COMPONENTS) if kinds & COMPONENTS else None
        case ast.Attribute(value=value, attr=attr):
            inner = reached(value, scope, own)
            if inner is None:
                return None
            depth, kinds = inner
            return depth + 1, set().union(*(FIELDS.get((kind, attr), set()) for kind in kinds))
        case _:
            return None


def too_deep(tree: ast.Module) -> Iterator[str]:
    """Expressions that go more than two attributes deep into another component.

    A component begins where an argument is annotated with a component's class (`args.x`, `self._args.x`), or where a
    name holds a new one (`x = Cluster(...)`). Each attribute after that counts one: `args.cluster.access` is one deep,
    `args.cluster.access.provider` two. A local name is as deep as what it was assigned. Outputs, which are values that
    come later and not components, end a chain: what is inside of them was made by a cloud. Calls are as deep as the
    object whose method is called.
    """
    for body, own in bodies(tree):
        scope = Scope()
        for node in body:
            if isinstance(node, ast.Assign):
                remember(node, scope, own)
        for node in body:
            if isinstance(node, ast.Attribute):
                found = reached(node, scope, own)
                if found and found[0] > DEEPEST:
                    yield ast.unparse(node)


def remember(node: ast.Assign, scope: Scope, own: str) -> None:
    for target in node.targets:
        several = isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
        pairs = zip(target.elts, node.value.elts, strict=True) if several else [(target, node.value)]
        for name, value in pairs:
            if isinstance(name, ast.Name) and (found := reached(value, scope, own)) and "Output" not in found[1]:
                scope.depths[name.id] = found


def bodies(tree: ast.Module) -> Iterator[tuple[list[ast.AST], str]]:
    """Every function with the class that its `args` are of, and the module's own statements; nodes in source order."""
    for class_ in classes(tree):
        for method in class_.body:
            if isinstance(method, ast.FunctionDef):
                yield sorted(ast.walk(method), key=position), class_.name
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef):
            of = [
                a.annotation.id for a in statement.args.args if isinstance(a.annotation, ast.Name) and a.arg == "args"
            ]
            yield sorted(ast.walk(statement), key=position), of[0].removesuffix("Args") if of else ""
    own = [s for s in tree.body if not isinstance(s, ast.FunctionDef | ast.ClassDef)]
    yield sorted((node for statement in own for node in ast.walk(statement)), key=position), ""


def position(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


@pytest.mark.parametrize("path", PROGRAM, ids=by_path)
def test_nothing_reaches_deep_into_another_component(path: Path) -> None:
    assert list(too_deep(ast.parse(path.read_text()))) == []


@pytest.mark.parametrize(
    ("source", "deep"),
    [
        ("cluster = Cluster('c')\ncluster.access.provider", False),
        ("cluster = Cluster('c')\ncluster.access.provider.urn", True),
        ("cluster = Cluster('c')\naccess = cluster.access\naccess.provider", False),
        ("cluster = Cluster('c')\naccess = cluster.access\naccess.provider.urn", True),
        ("place = ResourceGroup('g').placement\nplace.tags", False),
        ("place = ResourceGroup('g').placement\nplace.tags.x", True),
        ("class Ingress:\n  def f(self):\n    self._args.cluster.access.provider", False),
        ("class Ingress:\n  def f(self):\n    self._args.cluster.access.provider.urn", True),
        (
            "class Ingress:\n  def __init__(self, args):\n    x, y = args.network.addresses, 1\n    x.pods.prefixlen",
            True,
        ),
        ("def _help(args: IngressArgs):\n  args.certificates.callers['a'].certificate.x", True),
    ],
)
def test_luggage_would_be_noticed(source: str, deep: bool) -> None:
    assert bool(list(too_deep(ast.parse(source)))) == deep


# ---- floors


@pytest.mark.parametrize("path", [path for path in MODULES if path.parent != FOLDER], ids=by_path)
def test_a_floor_imports_nothing_above_it_and_nothing_of_another_cloud_s(path: Path) -> None:
    """The order of what is above the floors is an import contract in pyproject.toml."""
    basement = ("components.credentials", "components.feature_tag", "components.python_imports", "components.settings")
    allowed = basement if path.parent.name == "settings" else (*basement, f"components.{path.parent.name}")
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] == "components":
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            assert all(f"{name}.".startswith(tuple(f"{one}." for one in allowed)) for name in names), names
