"""Hostile and broken submissions: none earns more than its honest part, stops the class, or reaches outside."""
from course_lib.grading.results import VERDICTS
from tests.grading.attacks import ATTACKS, KINDS


def test_every_kind_of_attack_is_there_once_at_least():
    assert {one.kind for one in ATTACKS} == set(KINDS)
    assert len({one.name for one in ATTACKS}) == len(ATTACKS) >= 40
    assert {verdict for one in ATTACKS for verdict in one.verdicts} <= set(VERDICTS)
