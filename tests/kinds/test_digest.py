"""A kind's source digest changes with whatever its code reaches, and with nothing else."""

import sys

import packages
import pytest

from harness.kinds import digest as digests
from harness.kinds import registry

USING = packages.METRIC.format(kind="using")


@pytest.fixture
def digest(tmp_path, monkeypatch):
    """Write a package, import its kind and return the digest of its source; each call imports anew."""
    monkeypatch.setattr(registry, "_tried", {})
    before, count = set(sys.modules), iter(range(1000))

    def forget():
        for name in set(sys.modules) - before:
            if str(tmp_path) in (getattr(sys.modules[name], "__file__", None) or ""):
                del sys.modules[name]

    def read(modules, *others, target="using_one", record=None):
        folder = tmp_path / f"site-{next(count)}"
        folder.mkdir()
        packages.install(folder, "using", modules, packages.offering("using", target))
        for given in others:
            packages.install(folder, *given)
        for name, lines in (record or {}).items():
            (folder / f"{name}-0.1.dist-info" / "RECORD").write_text("".join(f"{line},,\n" for line in lines))
        for known in registry._kinds.values():
            known.pop("using", None)
        registry._tried.clear()
        forget()
        digests._located.cache_clear()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "path", [str(folder), *sys.path])
            failures = registry.discover()
            assert not failures, failures
            return digests.source_digest(registry.kinds("metrics")["using"])

    yield read
    forget()


def helped(imports, **helpers):
    """The files of a package whose kind imports something where it needs it, and what it imports."""
    text = USING.replace("return Value(1.0)", "return Value(float(helped() or 0))")
    return {"using_one.py": f"{text}\n\ndef helped():\n    {imports}\n", **helpers}


BARE = {"using_one.py": USING}


def test_the_same_source_elsewhere_has_the_same_digest(digest):
    assert digest(BARE) == digest(BARE)


@pytest.mark.parametrize(
    "change",
    [
        ("Value(1.0)", "Value(1.0)  # a comment"),
        ('"""A metric of another package."""', '"""Another docstring."""'),
        ("        return Value(1.0)", "\n\n        return (\n            Value(1.0)\n        )"),
        ("return Value(1.0)", "'a string on its own'\n        return Value(1.0)"),
    ],
)
def test_comments_docstrings_and_formatting_do_not_change_it(digest, change):
    assert digest(BARE) == digest({"using_one.py": USING.replace(*change)})


@pytest.mark.parametrize(
    "change", [("1.0", "2.0"), ("edition=1", "edition=2"), ("return", "assert examples\n        return"), ("1.0", "1")]
)
def test_code_that_does_something_else_changes_it(digest, change):
    assert digest(BARE) != digest({"using_one.py": USING.replace(*change)})


HELPERS = {
    "a sibling": ("import using_help\n    return using_help.x", "using_help.py"),
    "a sibling by from": ("from using_help import x\n    return x", "using_help.py"),
    "a package beside it": ("from using_kit.deep import x\n    return x", "using_kit/deep.py"),
    "a module named in a call": (
        "import importlib\n    return importlib.import_module('using_help').x",
        "using_help.py",
    ),
    "a namespace package": ("import using_space.deep\n    return using_space.deep.x", "using_space/deep.py"),
}


@pytest.mark.parametrize("how", HELPERS)
def test_a_helper_the_code_imports_is_covered_however_it_is_imported(digest, how):
    imports, file = HELPERS[how]
    kit = {"using_kit/__init__.py": ""} if "kit" in file else {}
    first = digest(helped(imports, **kit, **{file: "x = 1\n"}))
    assert first != digest(helped(imports, **kit, **{file: "x = 2\n"}))
    assert first == digest(helped(imports, **kit, **{file: "x = 1  # one\n"}))


def test_a_helper_of_a_helper_is_covered(digest):
    def chain(number):
        return helped("import using_a", **{"using_a.py": "import using_b\n", "using_b.py": f"x = {number}\n"})

    assert digest(chain(1)) != digest(chain(2))


def test_helpers_that_import_each_other_are_read_once(digest):
    loop = {"using_a.py": "import using_b\n", "using_b.py": "import using_a\n"}
    assert digest(helped("import using_a", **loop)) == digest(helped("import using_a", **loop))


def test_every_module_of_the_kind_s_package_is_covered_imported_or_not(digest):
    def whole(number):
        files = {"using_pack/__init__.py": "", "using_pack/kinds/__init__.py": "", "using_pack/kinds/one.py": USING}
        return {**files, "using_pack/other.py": f"x = {number}\n"}

    target = "using_pack.kinds.one"
    assert digest(whole(1), target=target) != digest(whole(2), target=target)


def test_a_relative_import_within_a_folder_without_init_is_covered(digest):
    def whole(number):
        text = USING.replace("\n@metric", "\nfrom . import help\n@metric")
        return {"using_space/one.py": text, "using_space/help.py": f"x = {number}\n"}

    assert digest(whole(1), target="using_space.one") != digest(whole(2), target="using_space.one")


def test_what_another_distribution_brought_is_not_covered(digest):
    def beside(number):
        others = ("theirs", {"theirs_one.py": f"x = {number}\n"})
        return digest(helped("import theirs_one"), others, record={"theirs": ["theirs_one.py"]})

    assert beside(1) == beside(2)


def test_a_distribution_that_shares_a_folder_of_packages_with_others_is_not_covered(digest):
    def beside(number):
        others = ("theirs", {"shared_space/theirs.py": f"x = {number}\n"})
        imports = "import shared_space.theirs, shared_space.ours"
        files = helped(imports, **{"shared_space/ours.py": "x = 1\n"})
        return digest(files, others, record={"theirs": ["shared_space/theirs.py"]})

    assert beside(1) == beside(2)


def test_two_helpers_of_one_name_in_different_folders_are_both_covered(digest):
    def both(first, second):
        imports = "import using_a.help, using_b.help"
        return digest(helped(imports, **{"using_a/help.py": f"x = {first}\n", "using_b/help.py": f"x = {second}\n"}))

    assert len({both(1, 1), both(2, 1), both(1, 2)}) == 3


def test_a_helper_that_its_own_distribution_brought_is_covered(digest):
    def own(number):
        files = helped("import using_help", **{"using_help.py": f"x = {number}\n"})
        return digest(files, record={"using": ["using_one.py", "using_help.py"]})

    assert own(1) != own(2)


def test_a_helper_that_is_no_python_is_covered_by_its_bytes(digest):
    def broken(text):
        files = {"using_pack/__init__.py": "", "using_pack/one.py": USING, "using_pack/odd.py": text}
        return digest(files, target="using_pack.one")

    assert broken("def (:\n") != broken("def (:  \n")


def test_a_changed_source_changes_the_key_of_an_outside_kind(digest):
    first = digest(BARE) and registry.kinds("metrics")["using"]().fingerprint()
    second = (
        digest({"using_one.py": USING.replace("1.0", "2.0")}) and registry.kinds("metrics")["using"]().fingerprint()
    )
    third = (
        digest({"using_one.py": USING.replace("        return", "        # so\n        return")})
        and registry.kinds("metrics")["using"]().fingerprint()
    )
    assert first == third != second


def test_the_data_files_of_the_kind_s_package_are_covered_and_what_python_compiles_is_not(digest):
    def whole(table, compiled):
        files = {"using_pack/__init__.py": "", "using_pack/one.py": USING, "using_pack/table.csv": table}
        return digest({**files, "using_pack/__pycache__/old.pyc": compiled}, target="using_pack.one")

    assert whole("1,2", "a") == whole("1,2", "b") != whole("1,3", "a")


def test_the_version_of_another_distribution_it_imports_is_covered(digest):
    def beside(version):
        about = f"Metadata-Version: 2.1\nName: theirs\nVersion: {version}\n"
        others = ("theirs", {"theirs_one.py": "x = 1\n", "theirs-0.1.dist-info/METADATA": about})
        return digest(helped("import theirs_one"), others, record={"theirs": ["theirs_one.py"]})

    assert beside("0.1") != beside("0.2")
