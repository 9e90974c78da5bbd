"""What is chosen beside the method: which run is picked, at which rate, and when it is stopped."""
from statistics import mean

import torch

from course_lib.claims.claim import FAILS, GUIDE, HOLDS, LIMITED, Figures, Verdict, claim, less, more, same, share
from course_lib.evaluation import answers
from course_lib.experiments import Setting, arm, learn, score, trained
from course_lib.experiments.fine_tuning import FULL
from course_lib.experiments.picking import picked
from course_lib.experiments.tuning import tuned
from course_lib.methods import FullFineTuning, LoRA
from course_lib.training.batches import Batches, loss_of

CANDIDATES = Setting(labels=64, draw="short", steps=24, test=450, test_draw="shuffled")
SIX = 6                                                                       # runs, which differ by chance
KINDS = {"full": (FullFineTuning, {}), "lora": (LoRA, {"rank": 4, "alpha": 8})}
SIXTEEN = Setting(labels=16, draw="short", steps=60, validation=64, validate_every=4, test=400,
                  test_draw="shuffled")
RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)


@claim("C75", "Split in train, validation and test; tune on validation", (GUIDE,), lesson="02",
       figures=("on_test", "on_test_fresh", "on_validation", "on_validation_fresh"),
       question="Does the best of six runs report more than it has on fresh rows where it was picked on the test rows?",
       asks={"picked on test": more(lambda f: f["on_test"] - f["on_test_fresh"], 0.01),
             "picked on validation": same(lambda f: f["on_validation"] - f["on_validation_fresh"], 0.01)})
def split(seed: int) -> dict[str, float]:
    """Six runs on 64 labels; the best is picked on 50 test rows, or on 50 validation rows, 1,000 times over."""
    runs = [trained(CANDIDATES, FULL, SIX * seed + number) for number in range(SIX)]
    rows = runs[0].test
    marks = [[given == right for given, right in zip(*answers(run.model, run.tokenizer, rows, run.method))]
             for run in runs]
    return picked(marks, 1000, seed)


@split.told
def tell_split(f: Figures) -> str:
    """What is reported, and what there is."""
    return (f"Picked on 50 test rows, the best of {SIX} runs that differ by chance alone reports {share(f['on_test'])} "
            f"and has {share(f['on_test_fresh'])} on fresh rows; picked on validation, {share(f['on_validation'])} and "
            f"{share(f['on_validation_fresh'])}.")


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


@torch.no_grad()
def loss_on(model, tokenizer, rows, method) -> float:
    """The mean loss of the rows' answers, in nats."""
    batch = Batches(model, tokenizer, rows, method).batch(list(range(len(rows))))
    with method.on(model):
        return loss_of(method.logits(model, batch), batch["labels"]).item()


@claim("C77", "Stop early when validation stops improving", (GUIDE,), lesson="02", tolerance=0.3,
       figures=("best_step", "validation_best", "validation_last", "training_last", "loss_best", "loss_last",
                "accuracy_best", "accuracy_last"),
       turned="It held with a limit: at a rate three times as high the validation loss turned up clearly, on the rows "
              "that had picked the lowest point, and more answers were right at the end. The rate is searched now, and "
              "the loss is that of other rows.",
       question="With sixteen labels, does going on after the lowest validation loss harm loss and answers?",
       asks={"loss of other rows": more(lambda f: f["loss_last"] - f["loss_best"], 0.05, "nats"),
             "right answers": less(lambda f: f["accuracy_last"] - f["accuracy_best"], 0.02)})
def stops(seed: int) -> dict[str, float]:
    """The best point of the validation loss against the end of the run, both on the test rows."""
    model, tokenizer = SIXTEEN.load(seed)
    best, last = FullFineTuning(model, seed=seed), FullFineTuning(model, seed=seed)
    rows, rate = SIXTEEN.train_rows(tokenizer, seed), tuned(SIXTEEN, FULL).rate
    history = learn(model, tokenizer, best, rows, rate, seed, SIXTEEN,
                    watch=lambda history: last.load_state_dict(best.state_dict()))
    test = SIXTEEN.test_rows(tokenizer, seed)
    return {"best_step": history.best_step, "validation_best": history.best_loss,
            "validation_last": history.validation[-1]["loss"], "training_last": mean(history.loss[-10:]),
            "loss_best": loss_on(model, tokenizer, test, best), "loss_last": loss_on(model, tokenizer, test, last),
            "accuracy_best": score(model, tokenizer, test, best), "accuracy_last": score(model, tokenizer, test, last)}


@stops.told
def tell_stops(f: Figures) -> str:
    """Losses and shares at both points."""
    return (f"With 16 labels the validation loss is lowest at step {f['best_step'].mean:.0f} "
            f"({f['validation_best'].mean:.2f} nats) and ends at {f['validation_last'].mean:.2f}, while the "
            f"training loss falls to {f['training_last'].mean:.3f}. On test rows: {f['loss_best'].mean:.2f} nats and "
            f"{share(f['accuracy_best'])} right at the lowest point, {f['loss_last'].mean:.2f} nats and "
            f"{share(f['accuracy_last'])} at the end.")
