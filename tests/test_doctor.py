"""`course doctor` says what is missing and what to do, and its exit code agrees."""
import re
from importlib import metadata

import pytest

from course_lib.lab import doctor


def test_this_installation_is_sound(capsys):
    assert doctor.main([]) == 0
    shown = capsys.readouterr().out
    assert "Everything the course needs is here" in shown
    for name in ("torch", "transformers", "orchard-s", "progress"):
        assert re.search(rf"ok +{name} ", shown)
    assert " jupytext " in shown  # a maintainer's: what students get has no builder, and asks for none


def test_core_dependencies_are_read_from_the_installed_course():
    needed = doctor.requirements()
    assert {"torch", "transformers", "ipywidgets", "datasets"} <= set(needed)
    assert not {"jupyterlab", "pytest"} & set(needed)  # extras


def test_a_missing_package_is_named_with_what_to_do(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "requirements", lambda: {"no-such-package": "1.0"})
    assert doctor.main([]) == 1
    shown = capsys.readouterr().out
    assert "MISSING  no-such-package" in shown and "make lab" in shown


def test_an_old_package_is_named():
    assert doctor.check_package("tqdm", "999.0").state == doctor.BAD


def test_a_package_that_cannot_be_imported_is_named(monkeypatch):
    def broken(name):
        raise OSError("libtorch.so: cannot open shared object file")

    monkeypatch.setattr(doctor.importlib, "import_module", broken)
    finding = doctor.check_package("torch", "2.6")
    assert finding.state == doctor.BAD and "libtorch.so" in finding.found


def test_a_missing_extra_is_no_failure(monkeypatch):
    def absent(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(doctor.metadata, "version", absent)
    assert doctor.check_package("jupyterlab", extra="lab").state == doctor.NOTE


def test_a_folder_that_cannot_be_written_is_named(monkeypatch, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv("COURSE_HOME", str(file / "home"))  # below a file: nothing can be made there
    finding = doctor.check_progress()
    assert finding.state == doctor.BAD and "COURSE_HOME" in finding.advice


@pytest.mark.parametrize("version, numbers", [("2.13.0+cpu", (2, 13, 0)), ("5.15", (5, 15)), ("4.0.0rc1", (4, 0, 0))])
def test_versions_are_compared_as_numbers(version, numbers):
    assert doctor.release(version) == numbers
