"""The rule by which every measured claim is judged, the draws of nothing that it must see through, and the tuning."""
import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from course_lib import claims
from course_lib.claims import defeats, measuring
from course_lib.claims.claim import (
    BEYOND,
    CONSTRUCTED,
    FAILS,
    HOLDS,
    LIMITED,
    MEASURED,
    SAME,
    UNTOLD,
    UNTOLD_HERE,
    Figure,
    Marks,
    claim,
    highest,
    less,
    more,
    same,
    share,
    short,
)
from course_lib.experiments import Setting, arm, tuning
from course_lib.experiments.tuning import Tuning, neighbour, tuned
from course_lib.methods import LoRA

ASKED = claims.all_claims()
ROOT = Path(__file__).parents[1]
TWO = lambda f: f["b"] - f["a"]


def verdict(asks, every=True, kind=MEASURED, **figures):
    one = claim("C1", "a toy", (), lesson="08", figures=tuple(figures), asks=asks, every=every, kind=kind)(None)
    one.told(lambda f: "So it is.")
    return one.judge({name: Figure(values) for name, values in figures.items()})


@pytest.mark.parametrize("quantity, differences, word", [
    (more(TWO, 0.02), (0.05, 0.06, 0.07), HOLDS), (more(TWO, 0.02), (0.005, 0.006, 0.007), FAILS),
    (more(TWO, 0.02), (-0.5, -0.6, -0.4), FAILS), (more(TWO, 0.02), (-0.1, 0.2, 0.1), UNTOLD),
    (more(TWO, 0.02), (0.02, 0.03, 0.04), UNTOLD), (less(TWO, 0.02), (-0.05, -0.06, -0.07), HOLDS),
    (less(TWO, 0.02), (0.05, 0.06, 0.07), FAILS), (less(TWO, 0.02), (-0.03, 0.02, 0.0), UNTOLD),
    (same(TWO, 0.02), (0.005, 0.0, -0.005), HOLDS), (same(TWO, 0.02), (0.0, 0.0, 0.0), HOLDS),
    (same(TWO, 0.02), (0.05, 0.06, 0.07), FAILS), (same(TWO, 0.02), (-0.05, -0.06, -0.07), FAILS),
    (same(TWO, 0.02), (0.03, -0.03, 0.01), UNTOLD), (more(TWO, 0.02), (0.5,), UNTOLD)])
def test_the_word_comes_from_the_interval(quantity, differences, word):
    n = len(differences)
    found = verdict({"here": quantity}, a=(0.5,) * n, b=tuple(0.5 + one for one in differences))
    assert found.word == found.answers["here"].word == word
    assert found.because.startswith("So it is.\nHere: ") and found.because.endswith(".")
    assert ("no interval" in found.because) == (n == 1) and ("not one row differed" in found.because) == (
        len(set(differences)) == 1 and differences[0] == 0)


YES, NO, OPEN = (0.1, 0.11, 0.12), (-0.1, -0.11, -0.12), (-0.2, 0.2, 0.1)


@pytest.mark.parametrize("settings, every, word", [
    ((YES, YES), True, HOLDS), ((YES, NO), True, LIMITED), ((NO, NO), True, FAILS), ((YES, OPEN), True, UNTOLD),
    ((NO, OPEN), True, FAILS), ((OPEN, OPEN), True, UNTOLD), ((YES, NO), False, HOLDS), ((NO, NO), False, FAILS),
    ((NO, OPEN), False, UNTOLD), ((YES, OPEN), False, HOLDS)])
def test_always_needs_every_setting_and_can_needs_one(settings, every, word):
    asks = {f"s{place}": more(lambda f, name=f"s{place}": f[name], 0.02) for place in range(len(settings))}
    assert verdict(asks, every, **{f"s{place}": values for place, values in enumerate(settings)}).word == word


@pytest.mark.parametrize("kind, values, word", [
    (CONSTRUCTED, (0.0,), CONSTRUCTED), (CONSTRUCTED, (0.0, 0.0, 0.0), CONSTRUCTED), (CONSTRUCTED, (1.0,), FAILS),
    (BEYOND, YES, UNTOLD_HERE)])
def test_other_kinds_have_words_of_their_own(kind, values, word):
    assert verdict({"it": same(lambda f: f["a"], 1e-6, "parameters")}, kind=kind, a=values).word == word


@pytest.mark.parametrize("value, shown", [(1.1e-15, "0"), (-3e-14, "0"), (2.9e-05, "+2.9e-05"), (0.019, "+0.019"),
                                          (-1.25, "-1.2"), (-123.4, "-123")])
def test_a_difference_is_shown_to_two_digits_and_rounding_is_none(value, shown):
    assert short(value, signed=True) == shown


def test_figures_are_reckoned_seed_by_seed():
    a, b = Figure((1.0, 2.0)), Figure((3.0, 1.0))
    assert (a - b).values == (-2, 1) and (a / b).values == (1 / 3, 2) and (a + 1).values == (2, 3)
    assert (a * 2 - Figure((1.0,))).values == (1, 3) and highest(a, b, Figure((2.0,))).values == (3, 2)
    with pytest.raises(ValueError):
        a - Figure((1.0, 2.0, 3.0))


def test_a_share_has_a_spread_over_seeds_and_none_over_the_marks_of_rows():
    assert share(Figure((0.7, 0.9))) == "80 % (± 14)" and share(Figure((1.0, 0.0))) == "50 % (± 71)"
    assert share(highest(Marks((1.0, 0.0, 1.0, 1.0)), Marks((0.0, 0.0, 1.0, 0.0)))) == "75 %"
    measured = {name: [True, False, True, True] for name in claims.get("C03").figures}
    told = claims.conclude("C03", **measured).because
    assert "75 %" in told and "±" not in told


def test_what_seeds_gave_is_no_mark_where_it_is_0_or_1():
    for values in ([0, 1, 1], [0.0, 1.0, 1.0]):
        told = claims.conclude("C03", **dict.fromkeys(claims.get("C03").figures, values)).because
        assert "67 % (± 58)" in told


@pytest.mark.parametrize("claim_id", [one for one, claim in ASKED.items() if claim.kind == MEASURED])
def test_what_is_not_there_is_seldom_found(claim_id):
    """1,000 draws of nothing, with the record's own noise: no difference, or, for "the same", one twice as large as
    matters. In at most 5 % a claim may hold."""
    one, figures = ASKED[claim_id], claims.recorded(claim_id)
    draw, found = random.Random(0), []
    spreads = {setting: asked.of(figures).spread for setting, asked in one.asks.items()}
    n = len(claims.read_record(claim_id)["seeds"])
    for _ in range(1000):
        answers = {name: asked.asked(tuple(
            draw.gauss(2 * asked.smallest * (asked.direction == SAME), spreads[name]) for _ in range(n)))
            for name, asked in one.asks.items()}
        found.append(one.word(answers))
    assert found.count(HOLDS) <= 50


@pytest.mark.parametrize("claim_id", ASKED)
def test_a_claim_says_what_it_asks(claim_id):
    one = ASKED[claim_id]
    assert one.question.endswith("?") and one.tell
    assert one.asks and all(asked.smallest > 0 for asked in one.asks.values())


def test_a_record_has_as_many_seeds_as_its_pilot_asks_for():
    few = {one.id for one in ASKED.values()
           if len((record := claims.read_record(one.id))["seeds"]) < measuring.wanted_by(one, record)}
    assert not few


@pytest.mark.parametrize("claim_id", ASKED)
def test_no_arm_is_on_an_edge_or_has_diverged(claim_id):
    """Only a claim that shows it may have an arm that did not learn, then at any rate over three decades."""
    known = tuning.known()
    for of, rate in claims.read_record(claim_id).get("tuned", {}).items():
        assert known[of].rate == rate
        inside, enough = known[of].learned and not known[of].edge, len(known[of].tried) == tuning.MOST
        assert inside or enough and not ASKED[claim_id].learns, tuning.in_words(of)


@pytest.fixture
def found(tmp_path, monkeypatch):
    """Searches are kept in a file of the test; `scores` says what a rate brings, None that it diverges."""
    monkeypatch.setattr(tuning, "RATES", tmp_path / "rates.jsonl")
    asked = []

    def search(scores, start=3e-3, of="a toy"):
        def run(rate, seed):
            asked.append((rate, seed))
            score = scores(rate)
            return {"score": score or 0.5, "guessing": 0.5, "diverged": score is None}
        return tuning.best_rate(of, run, start), asked

    return search


@pytest.mark.parametrize("scores, rate, n", [
    (lambda rate: 0.9 - abs(rate - 3e-3), 3e-3, 3),                      # inside at once
    (lambda rate: 0.6 + min(rate, 0.1), 0.1, 6),                         # uphill, then flat: not the last
    (lambda rate: 0.9 - rate, 3e-6, 8),                                  # better and better: as many as are tried
    (lambda rate: None if rate > 1e-3 else 0.6 + 100 * rate, 1e-3, 4),   # the next one up diverges
    (lambda rate: 0.5, None, 8), (lambda rate: None, None, 8)])          # nothing learns
def test_a_rate_is_searched_until_worse_ones_lie_on_both_sides(scores, rate, n, found):
    best, asked = found(scores)
    assert len(asked) == 3 * n and {seed for _, seed in asked} == set(tuning.SEEDS)
    kept = tuning.known()['"a toy"']
    assert kept.rate == best and len(kept.tried) == n
    assert rate is None and not kept.learned and "did not learn at any rate tried" in str(kept) or best == rate
    assert found(scores)[1] == asked[:3 * n]                             # and never searched again


@pytest.mark.parametrize("scores, n", [(lambda rate: 0.5, tuning.MOST), (lambda rate: 0.6 + rate / 100, 4)])
def test_no_rate_is_tried_that_training_would_refuse(scores, n, found):
    _, asked = found(scores, start=1.0)
    assert max(rate for rate, _ in asked) == tuning.HIGHEST and len(asked) == 3 * n


def test_of_equal_rates_it_is_the_middle_one_and_never_the_largest():
    assert Tuning("", {1e-3: 0.9, 3e-3: 0.9, 1e-2: 0.9}, 0.5).rate == 3e-3
    assert Tuning("", {1e-3: 0.9, 3e-3: 0.9, 1e-2: 0.8}, 0.5).rate == 1e-3
    assert Tuning("", {1e-3: 0.8, 3e-3: None, 1e-2: 0.7}, 0.5).rate == 1e-3


def test_rates_go_by_about_three():
    assert [neighbour(rate, 1) for rate in (1e-3, 3e-3, 5e-4, 1.0, 3.0)] == [3e-3, 1e-2, 1e-3, 3.0, 10.0]
    assert [neighbour(rate, -1) for rate in (1e-3, 3e-3, 5e-4, 1.0)] == [3e-4, 1e-3, 3e-4, 0.3]


def test_an_arm_without_a_rate_gets_the_one_of_its_setting(tmp_path, monkeypatch):
    """In small: what is searched trains on the setting's rows and is asked validation rows; the key names all of it."""
    monkeypatch.setattr(tuning, "RATES", tmp_path / "rates.jsonl")
    seen = []
    monkeypatch.setattr(tuning, "validated", lambda setting, one, seed: seen.append((one.rate, seed)) or {
        "score": 0.9 - abs(one.rate - 1e-3), "guessing": 0.5, "diverged": 0.0})
    small, lora = Setting(base="orchard-xs", labels=4, steps=1, test=8), arm(LoRA, rank=2, alpha=4)
    assert tuned(small, lora).rate == 1e-3 and len(seen) == 12
    assert tuned(replace(small, test=9), lora).rate == 1e-3 and len(seen) == 12       # the test rows decide nothing
    assert tuned(small, arm(LoRA, 0.5, rank=2, alpha=4)).rate == 0.5 and len(seen) == 12
    tuned(replace(small, labels=5), lora)
    assert len(seen) == 24
    said = [tuning.in_words(of) for of in tuning.known()]
    assert said[0] == "LoRA (rank 2, alpha 4) in base orchard-xs, labels 4, steps 1"


@pytest.mark.parametrize("loss, given, diverged", [(1.0, [0, 1], 0.0), (99.0, [0, 1], 1.0), (float("nan"), [0, 1], 1.0),
                                                   (1.0, [1, 1], 1.0)])
def test_a_run_has_diverged(loss, given, diverged, tokenizer, monkeypatch):
    from course_lib.world import load_task
    from tests.tiny import tiny_model

    monkeypatch.setattr(tuning, "old_domain_loss", lambda *_, **__: loss)
    monkeypatch.setattr(tuning, "answers", lambda *_: (given, [0, 1]))
    model = tiny_model("llama", len(tokenizer), spread=0.7, context=192)
    assert tuning.judged(model, tokenizer, load_task("reviews")["test"], LoRA(model)) == {
        "score": 1.0 if given == [0, 1] else 0.5, "guessing": 0.5, "diverged": diverged}


def test_the_page_of_defeats_is_made_from_the_records():
    """Where this fails: python -m course_lib.claims.defeats"""
    assert (ROOT / "docs/negative-results.md").read_text(encoding="utf-8") == defeats.page()
    assert all(f"**{one.id}, " in defeats.page() for one in claims.all_claims().values()
               if one.judge(claims.recorded(one.id)).word == FAILS)


def test_every_line_of_the_rates_is_one():
    lines = tuning.RATES.read_text(encoding="utf-8").splitlines()
    assert len({json.dumps(json.loads(line)["of"]) for line in lines}) == len(lines)
    assert all(set(json.loads(line)) == {"of", "tried", "guessing"} for line in lines)
