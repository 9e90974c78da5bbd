"""What is chosen beside the method: which run is picked, at which rate, and when it is stopped."""
from dataclasses import replace
from statistics import mean

from course_lib.claims.claim import FAILS, GUIDE, HOLDS, LIMITED, Figures, Verdict, claim, share
from course_lib.evaluation import answers
from course_lib.experiments import Setting, arm, score, trained
from course_lib.experiments.fine_tuning import RATE
from course_lib.experiments.picking import picked
from course_lib.methods import FullFineTuning, LoRA

CANDIDATES, PICKED_RATES = Setting(labels=64, steps=12, test=300), 2 * (2e-4, 3e-4, 5e-4)  # C75: six runs
RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
KINDS = {"full": (FullFineTuning, {}), "lora": (LoRA, {"rank": 4, "alpha": 8})}
LAST = Setting(labels=16)                                                                  # C77: to the end,
BEST = replace(LAST, validation=64, validate_every=4)                                      # and with its best point
LITTLE = 0.02  # of accuracy: a difference of no more is called none
TURNS = 1.1    # a validation loss that ends this many times above its lowest has turned up


@claim("C75", "Split in train, validation and test; tune on validation", (GUIDE,), lesson="02",
       figures=("on_test", "on_test_fresh", "on_validation", "on_validation_fresh"))
def split(seed: int) -> dict[str, float]:
    """Six runs on 64 labels; the best is picked on 50 test rows, or on 50 validation rows, 1,000 times over."""
    runs = [trained(CANDIDATES, arm(FullFineTuning, rate), 10 * seed + number)
            for number, rate in enumerate(PICKED_RATES)]
    marks = [[given == right for given, right in zip(*answers(run.model, run.tokenizer, run.test, run.method))]
             for run in runs]
    return picked(marks, 1000, seed)


@split.judged
def judge_split(f: Figures) -> Verdict:
    """Holds where the score that was picked on test is more than a point above fresh rows, and the other is not."""
    gap = 100 * (f["on_test"].mean - f["on_test_fresh"].mean)
    fair = 100 * (f["on_validation"].mean - f["on_validation_fresh"].mean)
    because = (f"Picked on 50 test rows, the best of six runs reports {gap:.1f} points more than it has on fresh rows; "
               f"picked on validation, {round(fair, 1) + 0:+.1f}.")
    return Verdict(HOLDS if gap > 1 and abs(fair) < gap / 2 else FAILS, because)


@claim("C76", "Tune learning rate, batch size, schedule (measured: the learning rate)", (GUIDE,), lesson="02",
       tolerance=0.15, figures=tuple(f"{name}_{rate:g}" for name in KINDS for rate in RATES))
def rates(seed: int) -> dict[str, float]:
    """Accuracy on validation for every rate, of full fine-tuning and of LoRA."""
    found, setting = {}, Setting()
    for name, (kind, options) in KINDS.items():
        for rate in RATES:
            run = trained(setting, arm(kind, rate, **options), seed)
            found[f"{name}_{rate:g}"] = score(run.model, run.tokenizer, setting.test_rows(split="validation"),
                                              run.method)
    return found


@rates.judged
def judge_rates(f: Figures) -> Verdict:
    """Holds where the best rates differ and another method's best costs five points; with a limit where one rate serves
    both, and others do not."""
    best = {name: max(RATES, key=lambda rate: f[f"{name}_{rate:g}"].mean) for name in ("full", "lora")}
    own = {name: f[f"{name}_{best[name]:g}"] for name in best}
    other = {"full": f[f"full_{best['lora']:g}"], "lora": f[f"lora_{best['full']:g}"]}
    because = (f"Of {len(RATES)} rates from {RATES[0]:g} to {RATES[-1]:g}, full fine-tuning does best at "
               f"{best['full']:g} ({share(own['full'])}), LoRA at {best['lora']:g} ({share(own['lora'])}).")
    if best["full"] != best["lora"]:
        because += f" With the other's rate they reach {share(other['full'])} and {share(other['lora'])}."
    cost = max(own[name].mean - other[name].mean for name in best)
    worst = min(f[f"{name}_{rate:g}"].mean for name in best for rate in RATES)
    if cost >= 0.05:
        return Verdict(HOLDS, because)
    if max(figure.mean for figure in own.values()) - worst >= 0.05:
        return Verdict(LIMITED, because + " The rate matters, but one serves both.")
    return Verdict(FAILS, because + " The rate hardly matters.")


@claim("C77", "Stop early when validation stops improving", (GUIDE,), lesson="02", tolerance=0.3,
       figures=("best_step", "validation_best", "validation_last", "training_last", "accuracy_best", "accuracy_last"))
def stops(seed: int) -> dict[str, float]:
    """Sixteen labels, at three times the rate: the best point of the validation loss against the end of the run."""
    best, last = (trained(setting, arm(FullFineTuning, 3 * RATE), seed) for setting in (BEST, LAST))
    history = best.history
    return {"best_step": history.best_step, "validation_best": history.best_loss,
            "validation_last": history.validation[-1]["loss"], "training_last": mean(history.loss[-10:]),
            "accuracy_best": score(best.model, best.tokenizer, best.test, best.method),
            "accuracy_last": score(last.model, last.tokenizer, last.test, last.method)}


@stops.judged
def judge_stops(f: Figures) -> Verdict:
    """Holds where the validation loss turns up and stopping gains accuracy; with a limit where only the loss turns."""
    because = (f"With 16 labels and a large rate the validation loss is lowest at step {f['best_step'].mean:.0f} "
               f"({f['validation_best'].mean:.2f} nats) and ends at {f['validation_last'].mean:.2f}, while the "
               f"training loss falls to {f['training_last'].mean:.3f}. Accuracy: {share(f['accuracy_best'])} at the "
               f"best step, {share(f['accuracy_last'])} at the end.")
    if f["validation_last"].mean < TURNS * f["validation_best"].mean:
        return Verdict(FAILS, because + " Going on does no harm.")
    if f["accuracy_best"].mean - f["accuracy_last"].mean > LITTLE:
        return Verdict(HOLDS, because)
    return Verdict(LIMITED, because + " Going on spoils the probabilities; of the answers so few runs tell nothing.")
