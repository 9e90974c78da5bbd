"""The part of `course bench quality` on distillation: each seed is measured once, kept, and told as mean and spread."""
from course_lib.bench.distilled import ROWS, distilled
from course_lib.claims.topics import distillation
from course_lib.experiments import kept, store


def test_it_prints_every_row_and_measures_no_seed_twice(tmp_path, monkeypatch, capsys):
    asked, path = [], tmp_path / "kept.jsonl"

    def between(seed: int) -> dict[str, float]:
        asked.append(seed)
        return dict.fromkeys(ROWS, 0.5 + seed / 10)

    monkeypatch.setattr(distillation.between, "measure", between)
    monkeypatch.setattr(store, "base_hash", {"orchard-m": "aa", "orchard-xs": "bb"}.get)
    for _ in range(2):
        with kept(path):
            distilled((0, 2))
    lines = capsys.readouterr().out.splitlines()
    assert asked == [0, 2] and len(path.read_text().splitlines()) == 2
    for told in ROWS.values():
        assert lines.count(f"{told:32} 0.600 ± 0.141") == 2
