"""Does the code keep the rules of the house that a machine can check?"""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "gemel"
MODULES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
REFERENCES = sorted((ROOT / "tests" / "references").rglob("test_*.py"))
CONSTRAINTS = sorted((ROOT / "constraints").glob("*.txt"))
HOMELESS = {"utils", "util", "misc", "common", "helpers", "helper"}
CORE = {"radio", "world", "network", "emulator", "twin", "autonomy"}
MACHINE = {"time", "datetime", "random", "secrets", "uuid"}
BROAD = {"Exception", "BaseException"}


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def imported(path: Path) -> Iterator[str]:
    """Every module that the file imports, also inside functions."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            here = path.relative_to(PACKAGE.parent).with_suffix("").parts
            above = ".".join(here[: -node.level]) if node.level else ""
            base = ".".join(part for part in (above, node.module) if part)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def caught(handler: ast.ExceptHandler) -> set[str]:
    """The names that an except clause catches; a bare one catches BaseException."""
    if handler.type is None:
        return {"BaseException"}
    one = handler.type
    kinds = one.elts if isinstance(one, ast.Tuple) else [one]
    return {ast.unparse(kind).split(".")[-1] for kind in kinds}


def goes_on(handler: ast.ExceptHandler) -> bool:
    """The clause neither ends in a raise nor leaves the process."""
    return not isinstance(handler.body[-1], ast.Raise)


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """The files of the checkout: those git tracks, and new ones it does not ignore."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is not a git checkout")
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"git cannot list the files: {error}")
    paths = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return [path for path in paths if path.is_file()]


def lines_that_match(paths: list[Path], pattern: re.Pattern[str]) -> list[str]:
    found = []
    for path in paths:
        text = path.read_text("utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            if match := pattern.search(line):
                found.append(f"{short(path)}:{number} {match[0]}")
    return found


def test_there_is_a_package_to_check():
    assert len(MODULES) >= 5


@pytest.mark.parametrize("path", MODULES + TESTS, ids=short)
def test_every_module_says_which_question_it_answers(path):
    docstring = ast.get_docstring(tree(path))
    assert docstring, f"{short(path)} has no docstring; ask its question in line 1"
    assert docstring.split("\n\n")[0].rstrip()[-1:] in ".?:", docstring


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_no_module_is_longer_than_500_lines(path):
    assert len(path.read_text("utf-8").splitlines()) <= 500


@pytest.mark.parametrize("path", MODULES + TESTS, ids=short)
def test_every_noun_has_a_file_of_its_own(path):
    names = {*path.relative_to(ROOT).with_suffix("").parts}
    assert not names & HOMELESS


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_types_are_not_hidden_from_the_checker(path):
    assert "__future__.annotations" not in set(imported(path))


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_nothing_is_imported_from_the_top(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: write the whole name"
            assert node.module != "gemel", f"line {node.lineno}: from gemel import …"


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_no_error_is_swallowed(path):
    """Only the command line may catch everything: it files the crash and exits 3."""
    if path.is_relative_to(PACKAGE / "cli"):
        return
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ExceptHandler) and goes_on(node):
            assert not caught(node) & BROAD, f"line {node.lineno} goes on quietly"


def test_only_the_guard_approves():
    guard = PACKAGE / "autonomy" / "guard.py"
    makers = {
        short(path)
        for path in MODULES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).split(".")[-1] == "Approved"
    }
    assert makers == ({short(guard)} if guard.exists() else set())


@pytest.mark.parametrize("folder", ["twin", "autonomy"])
def test_belief_never_looks_into_the_stand_in(folder):
    for path in sorted((PACKAGE / folder).rglob("*.py")):
        peeks = [name for name in imported(path) if name.startswith("gemel.emulator")]
        assert not peeks, f"{short(path)} imports {peeks}"


@pytest.mark.parametrize("folder", sorted(CORE))
def test_chance_and_clock_are_arguments(folder):
    for path in sorted((PACKAGE / folder).rglob("*.py")):
        asked = set(imported(path)) & MACHINE
        assert not asked, f"{short(path)} asks the machine: {asked}"


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_importing_does_nothing_to_other_libraries(path):
    """No module sets an option of JAX; only a function of the command line may."""
    for node in tree(path).body:
        for call in ast.walk(node) if isinstance(node, ast.Expr | ast.Assign) else ():
            if isinstance(call, ast.Call):
                assert not ast.unparse(call.func).endswith("config.update")


@pytest.mark.parametrize("path", REFERENCES, ids=short)
def test_every_reference_names_its_oracle(path):
    assert "_against_" in path.name


@pytest.mark.parametrize("path", CONSTRAINTS, ids=short)
def test_constraints_are_exact_pins_and_nothing_else(path):
    for line in path.read_text("utf-8").splitlines():
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.+!]*", line), line


def test_no_file_names_a_package_registry(tracked):
    # In pieces, so that this file does not match itself.
    registries = [
        r"pypi\." + "org",
        r"files\." + "pythonhosted",
        r"registry\." + "npmjs",
        r"registry\." + "yarnpkg",
        r"conda\." + "anaconda",
        "--(extra-)?index" + "-url",
        "--find" + "-links",
    ]
    assert not lines_that_match(tracked, re.compile("|".join(registries)))


def test_no_file_names_a_place_on_somebodys_machine(tracked):
    places = "|".join(["/ro" + "ot/", "/ho" + r"me/[a-z]", "/Us" + r"ers/[A-Za-z]"])
    assert not lines_that_match(tracked, re.compile(places))


def test_the_repository_carries_no_data_sets(tracked):
    """Tables of sourced constants (name,unit,value,source) are code, not data."""
    data_sets = {".csv", ".tsv", ".parquet", ".feather", ".npz", ".npy", ".h5", ".gz"}
    for path in tracked:
        if path.suffix == ".csv" and path.is_relative_to(PACKAGE):
            header = path.read_text("utf-8").partition("\n")[0].strip()
            assert header == "name,unit,value,source", short(path)
        else:
            assert path.suffix not in data_sets, short(path)
