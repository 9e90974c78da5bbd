"""`course grade --unsafe-no-sandbox` grades where there is no sandbox, and all that it writes says so."""
import csv
import json

from course_lib.cli import main
from course_lib.grading.grades import WEAK
from tests.grading.broken import NO, ONE, TWO
from tests.grading.test_notebook import dumped

CANVAS = ("Student,ID,SIS Login ID,Section,Week 6 (12)\n    Points Possible,,,,2\n"
          "\"Ode, Anna\",7,anna,S,\n")


def test_the_mode_stands_in_all_that_is_written(tmp_path, monkeypatch, capsys):
    for student, cells in {"Ode, Anna": [ONE, TWO], "bob": [NO]}.items():
        (tmp_path / "in" / student).mkdir(parents=True)
        (tmp_path / "in" / student / "06.ipynb").write_bytes(dumped(*cells))
    (tmp_path / "roster.csv").write_text("student\nbob\n\"Ode, Anna\"\nzoe\n", encoding="utf-8")
    (tmp_path / "canvas.csv").write_text(CANVAS, encoding="utf-8")
    monkeypatch.setenv("PATH", "/nowhere")   # there is no bwrap
    assert main(["grade", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--only", "06.1", "06.2", "--jobs", "1",
                 "--roster", str(tmp_path / "roster.csv"), "--gradebook", str(tmp_path / "canvas.csv"),
                 "--unsafe-no-sandbox"]) == 0
    rows = list(csv.DictReader((tmp_path / "out" / "grades.csv").open(encoding="utf-8", newline="")))
    assert [float(row["points"]) for row in rows] == [1, 1, 0, 0, 0, 0]
    assert all(row["reason"].startswith(WEAK) for row in rows)
    pages = [*(tmp_path / "out" / "feedback").glob("*.html"), tmp_path / "out" / "class.html"]
    assert len(pages) == 4
    assert all("Graded without a sandbox" in page.read_text(encoding="utf-8") for page in pages)
    results = [json.loads(path.read_text(encoding="utf-8")) for path in (tmp_path / "out" / "results").glob("*.json")]
    assert all(one["weak"] for one in results) and len(results) == 2
    assert (tmp_path / "out" / "gradebook-without-sandbox.csv").exists()
    assert "Graded WITHOUT a sandbox" in capsys.readouterr().out.splitlines()[-1]
