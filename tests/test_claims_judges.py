"""Every judge is asked both ways: figures with which its claim holds, holds with a limit if it can, and fails."""
import pytest

from course_lib import claims
from course_lib.claims import FAILS, HOLDS, LIMITED, Figure

CASES = [  # (claim, figures in the claim's order, word, what the sentence says)
    ("C01", (2.4, 445, 2110), HOLDS,
     "perplexity is 2.4; with word frequencies alone it is 445, and untrained it is 2,110."),
    ("C01", (90, 445, 2110), FAILS, "It has learned little beyond which words are frequent."),
    ("C02", (0.5, 0.52, 0.95), HOLDS,
     "right in 52 % of the reviews, guessing in 50 %, and after fine-tuning in 95 %."),
    ("C02", (0.5, 0.9, 0.95), FAILS, "Fine-tuning adds little."),
    ("C02", (0.5, 0.5, 0.5), FAILS, "Fine-tuning adds little."),
    ("C68", (0.1, 0.1, 0.9, 0.8, 0.001), HOLDS,
     "With no example 10 % of the answers have the right form and 10 % are right; with one, 90 % and 80 %. "
     "Untrained: < 1 %."),
    ("C68", (0.1, 0.1, 0.9, 0.12, 0), LIMITED, "One example sets the form, and hardly helps with the answer."),
    ("C68", (0.5, 0.1, 0.5, 0.4, 0), FAILS, "One example does not set the form."),
    ("C69", (0.1, 0.2, 0.4, 0.6, 0.9), HOLDS, "90 % (k = 8): the later examples bring more than the first."),
    ("C69", (0.2, 0.1, 0.4, 0.3, 0.3), HOLDS, "the later examples bring more than the first"),
    ("C69", (0.1, 0.4, 0.5, 0.6, 0.66), HOLDS, "the first example and the later ones bring about as much"),
    ("C69", (0.1, 0.4, 0.5, 0.6, 0.74), HOLDS, "the first example and the later ones bring about as much"),
    ("C69", (0.02, 0.81, 0.84, 0.86, 0.85), LIMITED, "one example does most of it, further ones help a little"),
    ("C69", (0.02, 0.81, 0.82, 0.83, 0.8), FAILS, "one example does all of it"),
    ("C69", (0.02, 0.03, 0.02, 0.04, 0.03), FAILS, "examples hardly help"),
    ("C70", (1.87, 0.23, 0.12), HOLDS, "entropy is 1.87 bits with no example, 0.23 with one and 0.12 with four."),
    ("C70", (0.2, 0.1, 0.15), FAILS, "Without examples the answer is about as certain as with them."),
    ("C70", (0.2, 0.9, 1.5), FAILS, "Without examples"),
    ("C71", (0, 0), HOLDS,
     "Parameters added: 0. The hash of all weights after the questions is the same as before."),
    ("C71", (0, 1), FAILS, "The hash of all weights after the questions is another one."),
    ("C71", (640, 0), FAILS, "Parameters added: 640."),
    ("C72", (0.9, 0.2, 0.1), HOLDS, "Nearly all of the gain depends on the labels."),
    ("C72", (0.9, 0.5, 0.1), LIMITED, "Part of the gain depends on the labels, the rest on the form."),
    ("C72", (0.93, 0.93, 0.0), FAILS,
     "The labels hardly matter: the examples show the form, they do not teach the pairs."),
    ("C72", (0.5, 0.6, 0.1), FAILS, "The labels hardly matter"),
    ("C72", (0.12, 0.02, 0.1), FAILS, "The examples hardly help, with whatever labels."),
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
    for claim_id in claims.all_claims():
        assert {HOLDS, FAILS} <= {word for one, _, word, _ in CASES if one == claim_id}, claim_id
