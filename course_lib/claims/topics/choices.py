"""What is chosen beside the method: which run is picked, at which rate, and when it is stopped."""
from dataclasses import replace
from statistics import mean

import torch

from course_lib.claims.claim import GUIDE, Figures, claim, less, more, same, share
from course_lib.evaluation import answers
from course_lib.experiments import Setting, arm, experiment, learn, score, trained
from course_lib.experiments.fine_tuning import FULL, SHORT
from course_lib.experiments.picking import picked
from course_lib.experiments.tuning import tuned
from course_lib.methods import FullFineTuning, LoRA
from course_lib.training.batches import Batches, loss_of

CANDIDATES = Setting(labels=64, draw="short", steps=24, test=450, test_draw="shuffled")
SIX = 6                                                                       # runs, which differ by chance
KINDS = {"full": FULL, "lora": arm(LoRA, rank=4, alpha=8)}
SIXTEEN = Setting(labels=16, draw="short", steps=60, validation=64, validate_every=4, test=400,
                  test_draw="shuffled")


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
       tolerance=0.15, figures=("full_own", "full_other", "lora_own", "lora_other"),
       question="Does a method lose where it is trained at the rate that is best for another?",
       asks={called: more(lambda f, name=name: f[f"{name}_own"] - f[f"{name}_other"], 0.05)
             for name, called in (("full", "full fine-tuning"), ("lora", "LoRA"))})
def rates(seed: int) -> dict[str, float]:
    """Full fine-tuning and LoRA, each at its own rate and at the other's."""
    own = {name: tuned(SHORT, one) for name, one in KINDS.items()}
    other = {"full": replace(own["full"], rate=own["lora"].rate), "lora": replace(own["lora"], rate=own["full"].rate)}
    return {f"{name}_{whose}": experiment(SHORT, one[name], seed)
            for name in KINDS for whose, one in (("own", own), ("other", other))}


@rates.told
def tell_rates(f: Figures) -> str:
    """The four shares."""
    return (f"After {SHORT.steps} steps at the rates that a search on validation found, full fine-tuning has "
            f"{share(f['full_own'])} and LoRA {share(f['lora_own'])}; each at the other's rate, "
            f"{share(f['full_other'])} and {share(f['lora_other'])}.")


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
