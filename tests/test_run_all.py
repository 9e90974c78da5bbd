"""run_all: what counts as a failure, and that every file it names is there."""
import re
import subprocess
import sys

import pytest

from tests import run_all

GREEN = {"passed": 5, "failed": 0, "skipped": 0}


@pytest.mark.parametrize("counts, states, required, code, said", [
    (GREEN, ["", ""], "1", 0, "5 passed, 0 failed, 0 skipped"),
    (GREEN, [" M a.py\n"] * 2, "1", 0, "5 passed"),
    (GREEN | {"failed": 1}, ["", ""], "", 1, "FAILED: 1 failed"),
    (GREEN | {"skipped": 2}, ["", ""], "", 0, "2 skipped"),
    (GREEN | {"skipped": 2}, ["", ""], "1", 1, "FAILED: 2 were skipped"),
    (GREEN, [" M a.py\n", " M a.py\n?? left.txt\n"], "", 1, "before:\n  ?? left.txt\n")])
def test_what_is_a_failure(counts, states, required, code, said, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_REQUIRE_BROWSER", required)
    monkeypatch.setattr(run_all, "run", lambda *_: counts)
    monkeypatch.setattr(run_all, "status", lambda left=list(states): left.pop(0))
    assert run_all.main(["code"]) == code
    assert said in capsys.readouterr().out


def test_an_unknown_group_is_named(capsys):
    assert run_all.main(["cod"]) == 2
    assert "no group 'cod'. Known: all, code, notebooks" in capsys.readouterr().err


@pytest.mark.parametrize("report, counts", [
    (None, GREEN | {"passed": 0, "failed": 1}),
    ('<testsuites><testsuite tests="9" failures="1" errors="1" skipped="2"/></testsuites>',
     {"passed": 5, "failed": 2, "skipped": 2})])
def test_counts_come_from_the_report_and_a_run_without_one_failed(report, counts, tmp_path):
    if report:
        (tmp_path / "report.xml").write_text(report)
    assert run_all.count(tmp_path / "report.xml") == counts


@pytest.mark.parametrize("names", [sum(run_all.COLAB.values(), ()), run_all.COLAB_ALL, run_all.NUMERIC, run_all.SAMPLE],
                         ids=["COLAB", "COLAB_ALL", "NUMERIC", "SAMPLE"])
def test_what_a_group_names_is_there(names):
    assert len(set(names)) == len(names)
    for path, _, function in (name.partition("::") for name in names):
        found = run_all.ROOT / "tests" / path
        assert found.exists() and (not function or f"def {function}(" in found.read_text(encoding="utf-8")), path


def test_every_library_of_colab_has_its_tests_and_all_runs_more():
    pinned = re.findall("^([a-z]+)==", (run_all.ROOT / "constraints-colab.txt").read_text(encoding="utf-8"), re.M)
    assert {name for names in run_all.COLAB for name in names.split(", ")} == set(pinned) - {"torch"}
    few = {name.partition("::")[0] for names in run_all.COLAB.values() for name in names}
    assert all({name, name.split("/")[0]} & set(run_all.COLAB_ALL) for name in few)


@pytest.mark.parametrize("wanted, numeric", [([], 0), (["all"], 8), (["numeric-avx2-2"], 1)])
def test_make_test_runs_a_sample_of_the_settings_and_all_everything(wanted, numeric, monkeypatch, capsys):
    ran = []
    monkeypatch.setattr(run_all, "run", lambda name, *_: ran.append(name) or GREEN)
    monkeypatch.setattr(run_all, "status", lambda: "")
    assert run_all.main(wanted) == 0
    assert sum(name.startswith("numeric-") for name in ran) == numeric
    if len(wanted) == 0 or wanted == ["all"]:
        assert {"code", "notebooks", "browser", "sample-sse41-2"} <= set(ran)
    assert ("the budget is 45" in capsys.readouterr().out) == (not wanted)


def test_a_setting_is_in_the_environment_of_its_groups():
    found = run_all.variables_of("numeric-avx2-2")
    wanted = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "OMP_NUM_THREADS": "2"}
    assert found.items() >= wanted.items()
    assert run_all.variables_of("numeric-mkl-1")["MKL_CBWR"] == "COMPATIBLE"
    assert [run_all.variables_of(name)["OMP_NUM_THREADS"] for name in ("code", "colab-lesson")] == ["1", "1"]
    limits = {name: run_all.variables_of(name).get("COURSE_TOLERANCE_LIMIT") for name in run_all.groups()}
    assert all(limit == ("0.2" if name.startswith(("sample-", "numeric-")) else None) for name, limit in limits.items())


@pytest.mark.skipif(run_all.resource is None, reason="CPU time is not measured on Windows")
def test_the_cpu_time_of_a_childs_child_counts(capsys):
    burn = "import time\nwhile time.process_time() < 0.5: pass"
    before = run_all.cpu_seconds()
    subprocess.run([sys.executable, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}])"])
    assert run_all.cpu_seconds() - before > 0.5


def test_where_cpu_time_is_not_measured_it_says_so(monkeypatch):
    monkeypatch.setattr(run_all, "resource", None)
    assert run_all.used(run_all.cpu_seconds()) == "CPU time is not measured on Windows"
