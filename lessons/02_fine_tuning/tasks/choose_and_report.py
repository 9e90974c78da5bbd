# %% [markdown] statement
# ## Task 02.3 · Choose on validation, report on test
#
# Find the best learning rate among `rates`, and report an honest score. You get two functions:
#
# - `train(rate)` trains a model with this rate and returns it;
# - `score(model, split)` is its share of right answers, on `"train"`, `"validation"` or `"test"`.
#
# Train once with each rate, in the order of `rates`. Choose by the set that is there for choosing. Score the
# test set **once**, for the chosen model. Return the chosen rate and that score, as a tuple.

# %% stub
def choose_and_report(rates: list[float], train, score) -> tuple[float, float]:
    """(the rate chosen, the share of right answers to report)."""
    raise NotImplementedError

# %% reference
def choose_and_report(rates: list[float], train, score) -> tuple[float, float]:
    """(the rate chosen, the share of right answers to report)."""
    models = {rate: train(rate) for rate in rates}
    best = max(rates, key=lambda rate: score(models[rate], "validation"))
    return best, score(models[best], "test")

# %% checks
import random

TASK = "02.3"
TOLERANCE = 1e-6


def draw(seed: int) -> dict:
    """Five or six rates: one is best on train, another on validation, another on test, another worst on validation;
    none of them is the highest."""
    rng = random.Random(seed)
    rates = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2][:rng.choice([5, 6])]
    scores = {split: {f"{rate:g}": round(rng.uniform(0.5, 0.85), 3) for rate in rates}
              for split in ("train", "validation", "test")}
    *tops, worst = rng.sample(rates[:-1], 4)
    for split, top, score in zip(scores, tops, (0.99, 0.93, 0.96)):
        scores[split][f"{top:g}"] = score
    scores["validation"][f"{worst:g}"] = 0.3
    return {"rates": rng.sample(rates[:-1], len(rates) - 1) + rates[-1:], "scores": scores}


def probe(choose_and_report, rates: list, scores: dict) -> dict:
    """What is chosen and reported, and how often each thing was done."""
    trained, scored = [], []

    def train(rate):
        trained.append(rate)
        return f"{rate:g}"

    def score(model, split):
        scored.append(split)
        return scores[split][model]

    answer = choose_and_report(rates, train, score)
    return {"chosen and reported": answer, "trained with, in this order": trained,
            "times the test was scored": scored.count("test")}

# %% wrong picks_on_test
# You choose by the test score. Then the reported score is the luckiest of several, and no longer honest.
# Choose on validation; the test comes once, at the end.
def choose_and_report(rates, train, score):
    models = {rate: train(rate) for rate in rates}
    results = {rate: score(models[rate], "test") for rate in rates}
    best = max(rates, key=results.get)
    return best, results[best]

# %% wrong picks_on_test_and_scores_again
# You choose by the test score, and score the winner on the test once more: the same luck, counted twice.
# Choose on validation; the test comes once, at the end.
def choose_and_report(rates, train, score):
    models = {rate: train(rate) for rate in rates}
    best = max(rates, key=lambda rate: score(models[rate], "test"))
    return best, score(models[best], "test")

# %% wrong reports_validation
# You choose rightly, but report the score on validation. The chosen rate is the one that was best there, so
# that score is too high as well. Score the chosen model on the test.
def choose_and_report(rates, train, score):
    models = {rate: train(rate) for rate in rates}
    results = {rate: score(models[rate], "validation") for rate in rates}
    best = max(rates, key=results.get)
    return best, results[best]

# %% wrong picks_highest_rate
# You take the highest rate. A larger step learns faster, until it overshoots; nobody knows where that is
# without measuring. Choose by the score on validation.
def choose_and_report(rates, train, score):
    models = {rate: train(rate) for rate in rates}
    return max(rates), score(models[max(rates)], "test")

# %% wrong picks_on_train
# You choose by the score on the training rows. That rewards learning examples by heart. Choose by rows that
# the model was not trained on: validation.
def choose_and_report(rates, train, score):
    models = {rate: train(rate) for rate in rates}
    best = max(rates, key=lambda rate: score(models[rate], "train"))
    return best, score(models[best], "test")

# %% wrong lowest_score
# You take the rate with the lowest score. A loss should be low; a share of right answers should be high.
def choose_and_report(rates, train, score):
    models = {rate: train(rate) for rate in rates}
    best = min(rates, key=lambda rate: score(models[rate], "validation"))
    return best, score(models[best], "test")

# %% wrong test_scored_for_all
# Your answer is right, but you scored the test set for every rate. Once those numbers are seen, somebody will
# choose by them. Score it once, for the chosen model.
def choose_and_report(rates, train, score):
    results = {}
    for rate in rates:
        model = train(rate)
        results[rate] = score(model, "validation"), score(model, "test")
    best = max(rates, key=lambda rate: results[rate][0])
    return best, results[best][1]

# %% wrong trained_again
# Your answer is right, but you train the chosen model a second time. A real run costs hours, and gives other
# numbers the second time: keep the models, and score the one that you chose.
def choose_and_report(rates, train, score):
    results = {rate: score(train(rate), "validation") for rate in rates}
    best = max(rates, key=results.get)
    return best, score(train(best), "test")

# %% wrong score_first
# Your numbers are right, in the wrong order: the chosen rate comes first, then the score.
def choose_and_report(rates, train, score):
    models = {rate: train(rate) for rate in rates}
    best = max(rates, key=lambda rate: score(models[rate], "validation"))
    return score(models[best], "test"), best
