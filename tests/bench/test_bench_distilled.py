"""The part of `course bench quality` on distillation: each seed is measured once, kept, and told as mean and spread."""
import json

from course_lib.bench.distilled import ROWS, distilled
from course_lib.bench.kept import Kept
from course_lib.claims.topics import distillation


def test_it_prints_every_row_and_measures_no_seed_twice(tmp_path, monkeypatch, capsys):
    asked, path = [], tmp_path / "kept.json"

    def between(seed: int) -> dict[str, float]:
        asked.append(seed)
        return dict.fromkeys(ROWS, 0.5 + seed / 10)

    monkeypatch.setattr(distillation.between, "measure", between)
    for _ in range(2):
        distilled(Kept(str(path)), (0, 2))
    lines = capsys.readouterr().out.splitlines()
    assert asked == [0, 2] and len(json.loads(path.read_text())) == 2
    for told in ROWS.values():
        assert lines.count(f"{told:32} 0.600 ± 0.141") == 2
