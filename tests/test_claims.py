"""The claims: complete, judged by code from their records, and true again when one seed is measured again."""
import pytest

from course_lib import claims
from course_lib.claims import FAILS, HOLDS, LIMITED, Figure
from course_lib.claims.command import differences, main
from course_lib.errors import CourseError

OWNED = {"00": ["C01"], "01": ["C02", "C68", "C69", "C70", "C71", "C72"]}  # which lesson measures what
QUICK = ["C01", "C70", "C71"]  # measured again here; `course claims verify` does the rest


@pytest.mark.parametrize("lesson", OWNED)
def test_a_lesson_owns_its_claims(lesson):
    assert [claim.id for claim in claims.by_lesson(lesson)] == OWNED[lesson]
    assert 1 <= sum(claim.core for claim in claims.by_lesson(lesson)) <= 6


@pytest.mark.parametrize("claim_id", [claim_id for ids in OWNED.values() for claim_id in ids])
def test_a_record_is_complete_and_the_verdict_follows_from_it(claim_id):
    record, figures = claims.read_record(claim_id), claims.recorded(claim_id)
    assert record["claim"] == claim_id and record["command"].startswith(f"course claims run {claim_id} ")
    assert len(record["seeds"]) >= 3
    assert all(len(figure.values) == len(record["seeds"]) for figure in figures.values())
    verdict = claims.get(claim_id).judge(figures)
    assert verdict.word in (HOLDS, LIMITED, FAILS) and verdict.because.endswith(".")
    means = {name: figure.mean for name, figure in figures.items()}
    assert claims.conclude(claim_id, **means).word in (HOLDS, LIMITED, FAILS)


@pytest.mark.parametrize("claim_id", QUICK)
def test_one_seed_measured_again_agrees_with_the_record(claim_id):
    assert differences(claim_id, 0) == []


def test_a_verdict_can_go_either_way():
    judge = claims.get("C68").judge
    figure = lambda share: Figure((share,))
    names = ("valid_0", "right_0", "valid_1", "right_1", "untrained_1")
    up = judge(dict(zip(names, map(figure, (0.1, 0.1, 0.9, 0.8, 0.0)))))
    form_only = judge(dict(zip(names, map(figure, (0.1, 0.1, 0.9, 0.12, 0.0)))))
    flat = judge(dict(zip(names, map(figure, (0.5, 0.1, 0.5, 0.1, 0.0)))))
    assert [up.word, form_only.word, flat.word] == [HOLDS, LIMITED, FAILS]


def test_mistakes_are_named(capsys):
    with pytest.raises(CourseError, match="no claim called 'C999'"):
        claims.get("C999")
    for action in ("run", "verify"):
        with pytest.raises(CourseError, match="no claim called 'C999'"):
            main([action, "C71", "C999"])
    with pytest.raises(CourseError, match="is judged by"):
        claims.conclude("C71", added=0)
    with pytest.raises(CourseError, match="at least 1"):
        main(["run", "C71", "--seeds", "0"])


def test_the_list_names_every_claim(capsys):
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    assert all(claim_id in out for ids in OWNED.values() for claim_id in ids)
