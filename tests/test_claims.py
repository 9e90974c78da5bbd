"""The claims: complete, recorded on the shipped models, and true again when one seed is measured again."""
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from course_lib import claims, models
from course_lib.claims import catalogue, measuring, topics, view
from course_lib.claims.claim import CONSTRUCTED, more
from course_lib.claims.command import main
from course_lib.claims.measuring import MOST, PILOT, differences, restamp, verify
from course_lib.claims.topics import base_model, examples
from course_lib.errors import CourseError
from course_lib.experiments import new_mapping, setting, tuning
from course_lib.lessons import lessons
from course_lib.world import relations

OWNED = {  # which lesson measures what
    "00": ["C01"], "01": ["C02", "C68", "C69", "C70", "C71", "C72"],
    "02": ["C03", "C04", "C05", "C06", "C08", "C09", "C10", "C11", "C75", "C76", "C77", "C78", "C98", "C100", "C105"],
    "03": ["C07", "C12", "C13", "C14", "C15", "C80", "C82", "C83", "C101"],
    "04": ["C63", "C64", "C65", "C66", "C67", "C97", "C99"],
    "05": ["C37", "C38", "C39", "C40", "C41", "C42", "C43", "C44", "C45", "C46"],
    "06": ["C21", "C22", "C23", "C24", "C25", "C26", "C28", "C29", "C31"],
    "07": ["C16", "C17", "C18", "C19", "C20", "C32", "C33", "C34", "C35", "C36", "C103", "C104"],
    "08": ["C47", "C48", "C49", "C50", "C51", "C52", "C58", "C59", "C60", "C61", "C62", "C102"],
    "09": ["C27", "C81", "C87", "C88", "C89", "C93"],
    "10": ["C84", "C85", "C86"],
    "11": ["C73", "C74", "C79"],
}
ALL = [claim_id for ids in OWNED.values() for claim_id in ids]
# measured again here; `course claims verify` does the rest
QUICK = ["C68", "C70", "C71", "C72", "C09", "C11", "C07", "C63", "C38", "C39", "C45", "C22", "C26", "C29", "C31",
         "C35", "C103"]
NAN = float("nan")


@pytest.mark.parametrize("lesson", OWNED)
def test_a_lesson_owns_its_claims(lesson):
    assert [claim.id for claim in claims.by_lesson(lesson)] == OWNED[lesson]
    assert 1 <= sum(claim.core for claim in claims.by_lesson(lesson)) <= 6


def test_every_file_of_claims_is_named():
    """One that is forgotten in topics/__init__.py would take its claims with it."""
    assert [topic.__name__.rpartition(".")[2] for topic in topics.TOPICS] == sorted(
        path.stem for path in Path(topics.__file__).parent.glob("*.py") if path.stem != "__init__")


def test_lessons_with_claims_are_lessons_of_the_course():
    assert claims.lessons() == tuple(lesson for lesson in lessons() if lesson in OWNED)


def test_every_source_has_a_title_and_every_title_a_claim():
    assert {name for claim in claims.all_claims().values() for name in claim.sources} == set(claims.SOURCES)


def test_the_claims_need_nothing_but_the_core_packages():
    """scikit-learn is an extra: with it hidden, every module of the claims can be imported."""
    code = """
import sys
from importlib.machinery import PathFinder
find = PathFinder.find_spec
PathFinder.find_spec = staticmethod(lambda name, *a, **b: None if name.startswith("sklearn") else find(name, *a, **b))
from course_lib.claims import all_claims, command, view
from course_lib import evaluation, models, prompting, world
assert len(all_claims()) >= 7 and models.load_model and world.load_task and "sklearn" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("argv", [["--help"], ["run", "--help"]])
def test_reading_about_claims_waits_for_no_torch(argv):
    code = f"""
import sys
from course_lib import cli
try:
    cli.main(["claims", *{argv!r}])
except SystemExit:
    pass
heavy = {{"torch", "transformers", "datasets", "matplotlib", "ipywidgets"}} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.parametrize("claim_id", ALL)
def test_a_record_is_complete_and_the_verdict_follows_from_it(claim_id):
    record, claim, figures = claims.read_record(claim_id), claims.get(claim_id), claims.recorded(claim_id)
    assert record["claim"] == claim_id and f"{record['command']} ".startswith(f"course claims run {claim_id} ")
    assert len(record["seeds"]) >= 3 and record["tolerance"] == claim.tolerance
    assert tuple(figures) == claim.figures
    assert all(len(figure.values) == len(record["seeds"]) for figure in figures.values())
    verdict = claim.judge(figures)
    assert verdict.because.endswith(".")


@pytest.mark.parametrize("claim_id", QUICK)
def test_one_seed_measured_again_agrees_with_the_record(claim_id):
    claim = claims.get(claim_id)
    assert differences(claims.read_record(claim_id), 0, claims.measure(claim_id, 0), claim.tolerance) == []


@pytest.mark.parametrize("claim_id", [claim_id for claim_id in OWNED["01"] if claim_id not in QUICK])
def test_a_measurement_gives_the_figures_that_the_claim_is_judged_by(claim_id, monkeypatch):
    """In small: two relations, an untrained model, nothing tuned."""
    small = {name: relations()[name] for name in ("fruit_family", "opposite")}
    for relation in small.values():
        monkeypatch.setattr(relation, "report", relation.report[:3])
    model, tokenizer = models.load_model("orchard-s", random=True)
    monkeypatch.setattr(examples, "relations", lambda: small)
    for module in (examples, setting, new_mapping):
        monkeypatch.setattr(module, "load_model", lambda *_, **__: (model, tokenizer))
    for module in (new_mapping, tuning):
        monkeypatch.setattr(module, "best_rate", lambda of, run, start: start)
    monkeypatch.setattr(new_mapping, "TRAINING", replace(new_mapping.TRAINING, steps=1))
    monkeypatch.setattr(base_model, "LABELLED", replace(base_model.LABELLED, labels=16, steps=1, test=20))
    figures = claims.measure(claim_id, 0)
    assert tuple(figures) == claims.get(claim_id).figures
    assert all(0 <= value <= 1 for value in figures.values())


def test_form_and_answer_are_told_apart(monkeypatch):
    family = relations()["fruit_family"]
    monkeypatch.setattr(family, "report", family.report[:4])
    right = [family[key] for key in family.report]
    wrong = next(value for value in family.values() if value not in right[1:3])
    monkeypatch.setattr(examples, "relations", lambda: {"fruit_family": family})
    monkeypatch.setattr(examples, "complete", lambda *_: [right[0], wrong, wrong, "computers"])
    assert examples.over_relations(None, None, 0, examples.first(1)) == (0.75, 0.25)


@pytest.fixture
def little_claim(tmp_path, monkeypatch):
    """C71 with a measurement that takes no time, and its record in a folder of the test."""
    def set_claim(measure, **more):
        claim = replace(claims.get("C71"), measure=measure, tolerance=0.05, **more)
        monkeypatch.setattr(catalogue, "all_claims", lambda: {"C71": claim})

    monkeypatch.setattr(catalogue, "record_path", lambda claim_id: tmp_path / "records" / f"{claim_id}.json")
    monkeypatch.setattr(measuring, "weights_of", lambda claim: {"orchard-s": "abc"})
    monkeypatch.setattr(measuring, "runs_folder", lambda: tmp_path)
    set_claim(lambda seed: {"added": seed, "changed": 0.0})
    return set_claim


def test_a_run_is_recorded_with_the_hash_of_its_models(little_claim, tmp_path, capsys):
    assert main(["run", "C71", "--seeds", "2"]) == 0
    assert "C71 cannot be told: Parameters added" in capsys.readouterr().out
    record = json.loads((tmp_path / "records" / "C71.json").read_text(encoding="utf-8"))
    assert record["figures"] == {"added": [0, 1], "changed": [0.0, 0.0]} and record["seeds"] == [0, 1]
    assert record["weights_hash"] == {"orchard-s": "abc"}
    assert [path.name for path in (tmp_path / "records").iterdir()] == ["C71.json"]
    assert main(["verify", "C71", "--all-seeds"]) == 0
    assert restamp("C71") == []


def test_verify_says_what_differs(little_claim, monkeypatch, capsys):
    main(["run", "C71", "--seeds", "3"])
    for measure in (lambda seed: {"added": seed, "changed": 0.06}, lambda seed: {"added": NAN, "changed": 0.0}):
        little_claim(measure)
        assert len(verify("C71", 3)) == len(verify("C71", None)) == 3 and verify("C71") == []
        assert len(restamp("C71")) == 1
    little_claim(lambda seed: {"added": 1.04 * seed, "changed": 0.04})
    assert verify("C71", None) == []
    monkeypatch.setattr(measuring, "weights_of", lambda claim: {"orchard-s": "def"})
    capsys.readouterr()
    assert main(["verify", "C71"]) == 1
    assert "C71 DIFFERS" in (out := capsys.readouterr().out) and "other weights of orchard-s" in out


@pytest.mark.parametrize("learns", [True, False])
def test_two_arms_that_learned_nothing_are_not_compared(learns, little_claim, tmp_path, monkeypatch):
    found = tuning.Tuning('"a toy"', {1e-3: 0.5, 3e-3: 0.51, 1e-2: None}, 0.5)

    def measure(seed):
        tuning.USED.append(found)
        return {"added": 0.5, "changed": 0.5}

    little_claim(measure, learns=learns)
    if learns:
        with pytest.raises(CourseError, match="a toy: did not learn at any rate tried: 0.001 50 %, 0.003 5"):
            main(["run", "C71", "--seeds", "2"])
    assert (main(["run", "C71", "--seeds", "2"]) == 0) if not learns else not (tmp_path / "records").exists()


def test_a_run_that_was_stopped_goes_on(little_claim, tmp_path):
    asked = []

    def measure(seed):
        asked.append(seed)
        if seed == 2 and asked.count(2) == 1:
            raise KeyboardInterrupt
        return {"added": seed, "changed": 0.0}

    little_claim(measure)
    with pytest.raises(KeyboardInterrupt):
        main(["run", "C71", "--seeds", "4"])
    assert not (tmp_path / "records").exists()
    assert main(["run", "C71", "--seeds", "4"]) == 0 and asked == [0, 1, 2, 2, 3]
    assert main(["run", "C71", "--seeds", "2"]) == 0 and asked == [0, 1, 2, 2, 3]
    record = json.loads((tmp_path / "records" / "C71.json").read_text(encoding="utf-8"))
    assert record["seeds"] == [0, 1] and record["figures"]["added"] == [0, 1]


@pytest.mark.parametrize("middle, spread, n", [
    (0.019, 0.001, PILOT), (0.019, 0.03, 14), (0.5, 0.03, PILOT), (0.019, 1.0, MOST)])
def test_a_pilot_decides_how_many_seeds_there_are(middle, spread, n, little_claim, tmp_path):
    """t(13) times the standard deviation of -1 and 1 in turns, times .03 / root 14, is about .018; of 13 it is .02.

    Far from the border of the question so much is not needed.
    """
    asks = {"it": more(lambda f: f["added"], 0.019)}
    little_claim(lambda seed: {"added": middle + spread * (-1) ** seed, "changed": 0.0}, asks=asks, kind="measured",
                 tell=lambda f: "So it is.")
    assert main(["run", "C71"]) == 0
    record = json.loads((tmp_path / "records" / "C71.json").read_text(encoding="utf-8"))
    assert abs(len(record["seeds"]) - n) <= 1 and record["command"] == "course claims run C71"
    assert f"{len(record['seeds'])} seeds" in measuring.why_so_many(claims.get("C71"), record)


def test_a_run_that_was_stopped_after_its_pilot_goes_on_to_what_the_pilot_asked_for(little_claim, tmp_path):
    def measure(seed):
        if seed == 7 and not (tmp_path / "stopped").exists():
            (tmp_path / "stopped").touch()
            raise KeyboardInterrupt
        return {"added": (-1) ** seed, "changed": 0.0}

    little_claim(measure, asks={"it": more(lambda f: f["added"], 0.01)}, kind="measured", tell=lambda f: "So it is.")
    with pytest.raises(KeyboardInterrupt):
        main(["run", "C71"])
    assert main(["run", "C71"]) == 0 and claims.read_record("C71")["seeds"] == list(range(MOST))


def test_other_seeds_are_compared_and_not_recorded(little_claim, tmp_path, capsys):
    asks = {"it": more(lambda f: f["added"], 0.01)}
    given = {0: 0.5, 100: 0.5, 200: -0.5, 300: 0.0}
    little_claim(lambda seed: {"added": given[seed // 100 * 100] + 0.01 * (seed % 2), "changed": 0.0}, asks=asks,
                 kind="measured", tell=lambda f: "So it is.")
    main(["run", "C71"])
    before = (tmp_path / "records" / "C71.json").read_bytes()
    for first, said, code in (("100", "the same word", 0), ("200", "TURNED", 1), ("300", "another word", 0)):
        capsys.readouterr()
        assert main(["run", "C71", "--from", first, "--check"]) == code and said in capsys.readouterr().out
    assert (tmp_path / "records" / "C71.json").read_bytes() == before
    with pytest.raises(CourseError, match="goes with --check"):
        main(["run", "C71", "--from", "100"])


def test_a_measurement_with_other_figures_is_not_recorded(little_claim, tmp_path):
    for figures in ({"added": 0}, {"added": 0, "changed": 0, "more": 1}, {}):
        little_claim(lambda seed, figures=figures: figures)
        with pytest.raises(CourseError, match="judged by added, changed"):
            main(["run", "C71", "--seeds", "1"])
    assert not (tmp_path / "records").exists()


def test_figures_that_cannot_be_written_are_not_lost(little_claim, tmp_path):
    (tmp_path / "records").write_text("a file where the folder should be")
    with pytest.raises(CourseError, match=r"cannot be recorded.*'added': \[0\]"):
        main(["run", "C71", "--seeds", "1"])


def test_mistakes_are_named_before_anything_is_measured(little_claim):
    def fail(seed):
        raise AssertionError("measured")

    little_claim(fail)
    for argv, said in ((["run", "C71", "C999"], "no claim called 'C999'"), (["verify", "C999"], "no claim called"),
                       (["run", "C71", "--seeds", "0"], "at least 1"), (["verify", "C71"], "no recorded runs")):
        with pytest.raises(CourseError, match=said):
            main(argv)


@pytest.mark.parametrize("figures, said", [
    ({"added": 0}, "judged by added, changed; given were added"), ({}, "given were none"),
    ({"added": NAN, "changed": 0}, "a number for added"), ({"added": 0, "changed": "no"}, "a number for changed"),
    ({"added": 0, "changed": None}, "a number for changed"), ({"added": float("inf"), "changed": 0}, "a number")])
def test_conclude_wants_the_claims_figures(figures, said):
    with pytest.raises(CourseError, match=said):
        claims.conclude("C71", **figures)


def test_what_is_not_there():
    for ask in (claims.get, claims.read_record, claims.recorded, claims.conclude):
        with pytest.raises(CourseError, match="no claim called 'C999'"):
            ask("C999")
    with pytest.raises(CourseError, match="no lesson with claims called '99'"):
        claims.by_lesson("99")


def test_the_list_names_every_claim(capsys):
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    assert all(claim_id in out for claim_id in ALL) and "Google MLCC" in out


def test_the_list_says_what_is_not_measured(little_claim, monkeypatch, capsys):
    monkeypatch.setattr(claims, "by_lesson", lambda lesson: [claims.get("C71")])
    assert main([]) == 0
    assert "not measured yet" in capsys.readouterr().out


def test_what_a_lesson_shows(capsys):
    view.says_measured_verdict({"C71": {"added": 0, "changed": False}})
    view.ledger("01")
    own, recorded = capsys.readouterr().out.split("Recorded runs")
    for printed in (own, recorded):
        assert "Prompting neither adds nor changes parameters (Google MLCC)" in printed and CONSTRUCTED in printed
        assert f"Google MLCC: {claims.SOURCES['Google MLCC']}." in printed
    assert all(claim_id in recorded for claim_id in OWNED["01"])
    assert f"seeds: {len(claims.read_record('C71')['seeds'])}" in recorded
