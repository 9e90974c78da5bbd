"""The part of `course bench quality` on distillation: each seed is measured once, kept, and told as mean and spread."""
import json

from course_lib.bench.distilled import ROWS, distilled
from course_lib.claims.measures import lesson_04


def test_it_prints_every_row_and_measures_no_seed_twice(tmp_path, monkeypatch, capsys):
    asked, kept, path = [], {}, tmp_path / "kept.json"
    monkeypatch.setattr(lesson_04, "between", lambda seed: asked.append(seed) or dict.fromkeys(ROWS, 0.5 + seed / 10))
    for _ in range(2):
        distilled(kept, path, (0, 2))
    lines = capsys.readouterr().out.splitlines()
    assert asked == [0, 2] and json.loads(path.read_text()) == kept and len(kept) == 2
    for told in ROWS.values():
        assert lines.count(f"{told:32} 0.600 ± 0.141") == 2
