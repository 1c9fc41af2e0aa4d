"""Is an LLVM that would end the process refused before anything loads it?"""

import ctypes.util
from pathlib import Path

import pytest

from gemel.errors import InterfaceError
from gemel.interfaces.raytracing import llvm, survey
from gemel.interfaces.raytracing.llvm import find_llvm, llvm_version, newest_first


def installed(folder: Path, *names: str) -> list[Path]:
    paths = [folder / name for name in names]
    for path in paths:
        path.write_bytes(path.name.encode())
    return paths


def test_the_newest_by_name_is_asked_first(tmp_path):
    paths = installed(
        tmp_path, "libLLVM-9.so.1", "libLLVM.so.19.1", "libLLVM-15.so.1", "libLLVM.so"
    )
    (tmp_path / "libLLVM-19.so").symlink_to("libLLVM.so.19.1")
    found = newest_first([*paths, tmp_path / "libLLVM-19.so", tmp_path / "gone.so"])
    assert [path.name for path in found] == [
        "libLLVM.so.19.1",
        "libLLVM-15.so.1",
        "libLLVM-9.so.1",
        "libLLVM.so",
    ]


def test_a_library_that_is_none_or_another_has_no_version(tmp_path):
    (nothing,) = installed(tmp_path, "libLLVM.so.99")
    assert llvm_version(nothing) is None
    assert llvm_version(tmp_path / "gone.so") is None
    other = ctypes.util.find_library("c")
    if other is not None:
        assert llvm_version(Path(other)) is None


@pytest.mark.parametrize(
    ("versions", "taken"),
    [
        ({"libLLVM.so.19.1": 19, "libLLVM-17.so": 17}, "libLLVM.so.19.1"),
        ({"libLLVM.so.20.1": None, "libLLVM-16.so": 16}, "libLLVM-16.so"),
        ({"libLLVM-15.so.1": None, "libLLVM-14.so.1": None}, None),
        ({}, None),
    ],
    ids=["the newest", "a broken one passed over", "only old ones", "none"],
)
def test_what_is_new_enough_is_taken(monkeypatch, versions, taken):
    monkeypatch.delenv("DRJIT_LIBLLVM_PATH", raising=False)
    monkeypatch.setattr(llvm, "_installed", lambda: [Path(name) for name in versions])
    monkeypatch.setattr(llvm, "llvm_version", lambda path: versions[path.name])
    if taken is not None:
        assert find_llvm() == Path(taken)
        return
    with pytest.raises(InterfaceError, match="apt-get install libllvm19") as refused:
        find_llvm()
    assert next(iter(versions), "There is none") in str(refused.value)


def test_the_one_that_is_named_is_the_only_one_asked(monkeypatch, tmp_path):
    (named,) = installed(tmp_path, "libLLVM.so")
    monkeypatch.setenv("DRJIT_LIBLLVM_PATH", str(named))
    monkeypatch.setattr(llvm, "_installed", lambda: [Path("libLLVM.so.19.1")])
    with pytest.raises(InterfaceError, match="DRJIT_LIBLLVM_PATH names"):
        find_llvm()
    monkeypatch.setattr(llvm, "llvm_version", lambda path: 18)
    assert find_llvm() == named


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(survey.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InterfaceError, match=r"pip install 'gemel\[raytracing\]'"):
        survey.ready()


def test_an_old_one_on_this_machine_is_refused():
    old = sorted(Path("/").glob("usr/lib/*-linux-gnu/libLLVM-1[0-5].so.1"))
    if not old:
        pytest.skip("no LLVM older than 16 here (Debian: apt-get install libllvm15)")
    assert [llvm_version(path) for path in old] == [None] * len(old)
