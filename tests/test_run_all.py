"""run_all: what counts as a failure, and that every file it names is there."""
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
    assert "no group 'cod'. Known: code, notebooks" in capsys.readouterr().err


@pytest.mark.parametrize("report, counts", [
    (None, GREEN | {"passed": 0, "failed": 1}),
    ('<testsuites><testsuite tests="9" failures="1" errors="1" skipped="2"/></testsuites>',
     {"passed": 5, "failed": 2, "skipped": 2})])
def test_counts_come_from_the_report_and_a_run_without_one_failed(report, counts, tmp_path):
    if report:
        (tmp_path / "report.xml").write_text(report)
    assert run_all.count(tmp_path / "report.xml") == counts


def test_what_runs_with_the_versions_of_colab_is_there():
    assert [name for name in run_all.COLAB if not (run_all.ROOT / "tests" / name).exists()] == []
