"""Every judge is asked both ways: figures with which its claim holds, holds with a limit if it can, and fails."""
import pytest

from course_lib import claims
from course_lib.claims import FAILS, HOLDS, LIMITED, Figure

CASES = [  # (claim, figures in the claim's order, word, what the sentence says)
    ("C04", (0.8, 0.95, 0.95, 0.96, 0.96), HOLDS, "64 are within two points of the most."),
    ("C04", (0.5, 0.7, 0.8, 0.95, 0.96), HOLDS, "1,024 are within two points of the most."),
    ("C04", (0.95, 0.96, 0.96, 0.96, 0.96), HOLDS, "16 labels: 95 %, 64 labels: 96 %"),
    ("C04", (0.6, 0.7, 0.8, 0.9, 0.96), FAILS, "More labels still help."),
    ("C05", (0.95, 0.5, 0.96, 0.7), HOLDS, "with 1,024 labels 96 % and 70 %."),
    ("C05", (0.95, 0.5, 0.96, 0.55), HOLDS,
     "The random start had as many steps; what it needs, of both, stays open."),
    ("C05", (0.95, 0.9, 0.96, 0.95), FAILS, "a random one 90 %"),
    ("C06", (0.9, 0.5, 0.8, 0.88, 0.8, 0.9, 0, 0.6, 0.89, 0.6, 0.9), HOLDS,
     "Spam after reviews: learned, from 50 % to 80 %; reviews stay, from 90 % to 88 %."),
    ("C06", (0.9, 0.5, 0.8, 0.5, 0.8, 0.9, 0, 0.6, 0.89, 0.6, 0.9), LIMITED,
     "80 % and 90 %. Questions after reviews: learned, from 0 % to 60 %; reviews stay, from 90 % to 89 %. With reviews "
     "among the new rows: 60 % and 90 %. Old rows among the new ones prevent the loss."),
    ("C06", (0.9, 0.5, 0.52, 0.88, 0.5, 0.9, 0, 0.6, 0.89, 0.6, 0.9), LIMITED,
     "Spam after reviews: hardly learned, from 50 % to 52 %;"),
    ("C06", (0.9, 0.5, 0.52, 0.5, 0.5, 0.9, 0, 0.6, 0.89, 0.55, 0.87), LIMITED,
     "Questions after reviews: learned, from 0 % to 60 %; reviews stay, from 90 % to 89 %. With reviews among the "
     "new rows: 55 % and 87 %."),
    ("C06", (0.9, 0.5, 0.52, 0.88, 0.5, 0.9, 0, 0.05, 0.89, 0.6, 0.9), FAILS,
     "Questions after reviews: hardly learned"),
]


@pytest.mark.parametrize("claim_id, figures, word, said", CASES, ids=range(len(CASES)))
def test_a_judge(claim_id, figures, word, said):
    names = claims.get(claim_id).figures
    verdict = claims.conclude(claim_id, **dict(zip(names, figures, strict=True)))
    assert verdict.word == word and said in verdict.because and verdict.because.endswith(".")


@pytest.mark.parametrize("claim_id, figures, word, said", CASES, ids=range(len(CASES)))
def test_a_record_with_the_same_means_gets_the_same_verdict(claim_id, figures, word, said):
    """The ledger's figures have a spread, a lesson's own run has none: that may change no word."""
    claim = claims.get(claim_id)
    spread = [Figure((0.8 * value, value, 1.2 * value)) for value in figures]
    verdict = claim.judge(dict(zip(claim.figures, spread)))
    finding = verdict.because.split(": ")[-1].split(". ")[-1]
    own = claims.conclude(claim_id, **dict(zip(claim.figures, figures))).because
    assert verdict.word == word and (own.endswith(finding) or "±" in finding)


def test_every_claim_is_judged_both_ways():
    for claim_id in [one.id for one in claims.all_claims().values() if one.old_judge]:
        assert {HOLDS, FAILS} <= {word for one, _, word, _ in CASES if one == claim_id}, claim_id
