"""`course pretrain` with an option or a folder that no run can have: a sentence, exit code 2, nothing written."""
import json
from dataclasses import asdict

import pytest

from course_lib import cli
from course_lib.models.configs import RECIPES
from course_lib.pretraining import run


@pytest.mark.parametrize("argv, message", [
    (["orchard-t"], "Did you mean"),
    (["orchard-s-early"], "no run of its own"),
    (["orchard-s", "--tokens", "0"], "--tokens must be at least 1"),
    (["orchard-s", "--tokens", "-1"], "--tokens must be at least 1"),
    (["orchard-s", "--tokens", str(2**70)], "at most 10,000,000,000"),
    (["orchard-s", "--seed", str(2**70)], "--seed must be at least 0 and at most 4,294,967,295"),
    (["orchard-s", "--seed", "-1"], "you gave -1"),
    (["orchard-s", "--threads", "0"], "--threads must be at least 1"),
    (["orchard-s", "--threads", "-1"], "--threads must be at least 1"),
    (["orchard-s", "--threads", str(2**40)], "at most 1,024"),
    (["orchard-s", "--workers", "-1"], "--workers must be at least 0"),
    (["orchard-s", "--keep-every", "0"], "--keep-every must be at least 1"),
    *((["orchard-s", "--learning-rate", rate], "at most 1") for rate in ("nan", "inf", "-1", "0", "2")),
    *((["orchard-s", "--device", name], "CUDA") for name in ("nope", "meta", "cuda:99", "", "cpu cpu")),
], ids=lambda value: "_".join(value)[:40] if isinstance(value, list) else "")
def test_options(argv, message, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "Pretraining", None)       # nothing may start
    monkeypatch.chdir(tmp_path)
    assert cli.main(["pretrain", *argv]) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


RECIPE = json.dumps(asdict(RECIPES["orchard-xs"]))
FOLDERS = {     # what stands where the run would go: {file: its text}, or the text of a file
    "a file": ("I am a file.", "it is a file"),
    "somebody's folder": ({"thesis.txt": "Chapter 1"}, "not empty and holds no run"),
    "another program's recipe": ({"recipe.json": "[1, 2]"}, "not empty and holds no run"),
    "a broken recipe": ({"recipe.json": "{"}, "cannot be the folder of a run"),
    "a finished run": ({"recipe.json": RECIPE, "final": None}, "is finished"),
    "another recipe": ({"recipe.json": RECIPE.replace('"width": 64', '"width": 32')}, "width 32 -> 64"),
}


@pytest.mark.parametrize("kind", FOLDERS)
def test_folders(kind, tmp_path, capsys):
    content, message = FOLDERS[kind]
    out = tmp_path / "out"
    if isinstance(content, str):
        out.write_text(content)
    else:
        out.mkdir()
        for name, text in content.items():
            (out / name).mkdir() if text is None else (out / name).write_text(text)
    before = sorted(tmp_path.rglob("*"))
    assert cli.main(["pretrain", "orchard-xs", "--out", str(out), "--threads", "1"]) == 2
    said = capsys.readouterr().err
    assert message in said and "--out" in said
    assert sorted(tmp_path.rglob("*")) == before
    if isinstance(content, str):
        assert out.read_text() == content


@pytest.mark.parametrize("below", ["file/run", "n" * 5000])
def test_folders_that_cannot_be_made(below, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert cli.main(["pretrain", "orchard-xs", "--out", str(tmp_path / below), "--threads", "1"]) == 2
    assert "cannot be the folder of a run" in capsys.readouterr().err


def test_an_empty_folder_and_one_of_a_killed_beginning_are_taken(tmp_path, documents, tiny):
    for name in ("empty", "killed"):
        (tmp_path / name).mkdir()
    (tmp_path / "killed/.0.part").write_text('{"na')
    for name in ("empty", "killed", "new/and/deep"):
        one = run.Pretraining(tiny, documents, tmp_path / name, "a test")
        one.open_folder()
        one.open_folder()       # the second time it goes on with its own
        assert json.loads((tmp_path / name / "recipe.json").read_text()) == asdict(tiny)
