from __future__ import annotations

from pathlib import Path

import pytest

from components.python_imports import MissingModuleError, follow


@pytest.fixture
def root(tmp_path: Path) -> Path:
    sources = {
        "app/__init__.py": "",
        "app/kit/__init__.py": "from app.kit import eager\n",
        "app/kit/eager.py": "",
        "app/kit/lazy.py": "import app.other\n",
        "app/kit/unused.py": "",
        "app/kit/types.py": "",
        "app/other.py": "import json, urllib3\n",
        "app/one/__init__.py": "",
        "app/one/main.py": "",
        "tools/__init__.py": "",
    }
    for name, text in sources.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def files(root: Path, main: str) -> set[str]:
    (root / "app/one/main.py").write_text(main)
    own = {"app/__init__.py", "app/one/__init__.py", "app/one/main.py"}
    imported = {path.relative_to(root).as_posix() for path in follow("app.one.main", root).files}
    assert own <= imported
    return imported - own


KIT = {"app/kit/__init__.py", "app/kit/eager.py"}


@pytest.mark.parametrize(
    ("main", "imported"),
    [
        ("", set()),
        ("import json\nfrom collections.abc import Mapping\n", set()),
        ("import app.other\n", {"app/other.py"}),
        ("from app import other\n", {"app/other.py"}),
        ("from app.kit import lazy\n", {*KIT, "app/kit/lazy.py", "app/other.py"}),
        ("import app.kit.types as t\n", {*KIT, "app/kit/types.py"}),
        ("from ..kit import types\n", {*KIT, "app/kit/types.py"}),
        ("from .. import other\n", {"app/other.py"}),
        ("def f():\n    from app.kit.types import T\n", {*KIT, "app/kit/types.py"}),
        ("try:\n    import app.other\nexcept ImportError:\n    pass\n", {"app/other.py"}),
        ("try:\n    pass\nexcept ImportError:\n    import app.other\n", {"app/other.py"}),
        ("with x:\n    import app.other\n", {"app/other.py"}),
        ("match x:\n    case 1:\n        import app.other\n", {"app/other.py"}),
        ("if TYPE_CHECKING:\n    import app.other\n", set()),
        ("if TYPE_CHECKING:\n    pass\nelse:\n    import app.other\n", {"app/other.py"}),
        ("if x:\n    pass\nelif y:\n    import app.other\n", {"app/other.py"}),
    ],
)
def test_imports_are_followed_wherever_they_stand(root: Path, main: str, imported: set[str]) -> None:
    assert files(root, main) == imported


def test_modules_that_import_each_other_are_listed_once(root: Path) -> None:
    (root / "app/other.py").write_text("import app.one.main\n")
    assert files(root, "import app.other\n") == {"app/other.py"}


def test_module_without_a_file_is_named(root: Path) -> None:
    with pytest.raises(MissingModuleError, match=r"app\.two"):
        follow("app.two", root)


def test_packages_from_elsewhere_are_named(root: Path) -> None:
    (root / "app/one/main.py").write_text("import app.other\n")
    assert follow("app.one.main", root).packages == {"json", "urllib3"}
