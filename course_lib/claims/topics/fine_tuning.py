"""Fine-tuning everything: what it brings, how many labels it needs, and what a second round does to the first."""
from dataclasses import replace

from datasets import concatenate_datasets

from course_lib.bag_of_words import bag_of_words_accuracy
from course_lib.claims.claim import (
    FAILS,
    GOOGLE,
    GUIDE,
    HOLDS,
    LIMITED,
    WIKIPEDIA,
    Figures,
    Verdict,
    claim,
    more,
    share,
)
from course_lib.experiments import Setting, arm, experiment, learn, score, trained
from course_lib.experiments.fine_tuning import (
    CHOSEN,
    FULL,
    RATE,
    SHORT,
    SIZES,
    START_RATES,
    START_STEPS,
    TUNED,
)
from course_lib.methods import FullFineTuning

LITTLE, CLEAR = 0.02, 0.1                   # of accuracy: a difference of no more is called none; of as much, clear
OLD = Setting(test=100)                     # C06: reviews first,
NEW = {name: Setting(task=name, labels=512, steps=120, test=100) for name in ("spam", "facts")}  # then one of these


def for_labels(n: int, steps: int, test: int = 200) -> Setting:
    """As TUNED, with so many labels and steps."""
    return replace(TUNED, labels=n, steps=steps, validate_every=max(15, steps // 4), test=test)


@claim("C03", "Fine-tuning improves the target task", (GOOGLE, GUIDE, WIKIPEDIA), lesson="02", tolerance=0.1,
       figures=("bag_of_words", "base", "tuned"),
       question="Are more reviews rightly labelled after training on 128 labels, and more than by counting words?",
       asks={"than by the bare base": more(lambda f: f["tuned"] - f["base"], 0.05),
             "than by a bag of words": more(lambda f: f["tuned"] - f["bag_of_words"], 0.05)})
def improves(seed: int) -> dict[str, float]:
    """Reviews rightly labelled by a bag of words, the bare base, and the tuned model."""
    run = trained(SHORT, FULL, seed)
    return {"bag_of_words": bag_of_words_accuracy(SHORT.train_rows(run.tokenizer, seed), run.test),
            "base": score(run.model, run.tokenizer, run.test),
            "tuned": score(run.model, run.tokenizer, run.test, run.method)}


@improves.told
def tell_improves(f: Figures) -> str:
    """The three shares."""
    return (f"On unseen reviews the bare base is right in {share(f['base'])}, a bag of words in "
            f"{share(f['bag_of_words'])}, and after fine-tuning the model in {share(f['tuned'])}.")


@claim("C04", "A few hundred or thousand examples are enough", (GOOGLE,), lesson="02", tolerance=0.1,
       figures=tuple(f"labels_{n}" for n in SIZES))
def enough(seed: int) -> dict[str, float]:
    """Accuracy after training on 16 … 4,096 labels: 40 steps, or one pass where that takes more."""
    return {f"labels_{n}": experiment(for_labels(n, max(TUNED.steps, n // TUNED.batch), test=400), CHOSEN, seed)
            for n in SIZES}


@enough.judged
def judge_enough(f: Figures) -> Verdict:
    """Holds where a thousand labels or fewer come within two points of the largest number (`LITTLE`)."""
    because = "Right after training on " + ", ".join(f"{n:,} labels: {share(f[f'labels_{n}'])}" for n in SIZES) + "."
    most = f[f"labels_{SIZES[-1]}"].mean
    enough = next(n for n in SIZES if most - f[f"labels_{n}"].mean <= LITTLE)
    if enough == SIZES[-1]:
        return Verdict(FAILS, because + " More labels still help.")
    return Verdict(HOLDS, because + f" {enough:,} are within two points of the most.")


@claim("C05", "A pretrained start needs fewer labels than a random one", (GUIDE, WIKIPEDIA), lesson="02",
       tolerance=0.1, figures=("pretrained_128", "random_128", "pretrained_1024", "random_1024"))
def two_starts(seed: int) -> dict[str, float]:
    """The pretrained and a random start, after 128 labels and after 1,024, each at its own rate (`START_RATES`)."""
    return {f"{start}_{n}": experiment(replace(for_labels(n, START_STEPS[n]), random=start == "random"),
                                       arm(FullFineTuning, rate), seed)
            for (start, n), rate in START_RATES.items()}


@two_starts.judged
def judge_two_starts(f: Figures) -> Verdict:
    """Holds where the pretrained start is ten points ahead with 128 labels (`CLEAR`)."""
    because = (f"With 128 labels the pretrained start reaches {share(f['pretrained_128'])} and a random one "
               f"{share(f['random_128'])}; with 1,024 labels {share(f['pretrained_1024'])} and "
               f"{share(f['random_1024'])}.")
    if f["pretrained_128"].mean - f["random_128"].mean < CLEAR:
        return Verdict(FAILS, because)
    return Verdict(HOLDS, because + " The random start had as many steps; what it needs, of both, stays open.")


@claim("C06", "Models can be refreshed by further fine-tuning on new data", (GUIDE,), lesson="02", tolerance=0.15,
       figures=("old", *(figure for name in NEW for figure in (
           f"{name}_before", f"{name}_after", f"old_after_{name}", f"{name}_mixed", f"old_mixed_{name}"))))
def refreshed(seed: int) -> dict[str, float]:
    """Reviews, and then spam or questions with the same parameters; once as they are, once with reviews among them."""
    run, columns = trained(OLD, CHOSEN, seed), ["prompt", "answer"]  # questions have no labels
    model, tokenizer = run.model, run.tokenizer
    old_rows = OLD.train_rows(tokenizer, seed).select_columns(columns)
    before, found = run.method.state_dict(), {"old": score(model, tokenizer, run.test, run.method)}
    for name, new in NEW.items():
        new_test, new_rows = new.test_rows(), new.train_rows(tokenizer, seed).select_columns(columns)
        found[f"{name}_before"] = score(model, tokenizer, new_test, run.method)
        for after, rows in (("after", new_rows), ("mixed", concatenate_datasets([new_rows, old_rows]))):
            again = FullFineTuning(model, seed=seed)
            again.load_state_dict(before)
            learn(model, tokenizer, again, rows.shuffle(seed=seed), RATE, seed, new)
            found |= {f"{name}_{after}": score(model, tokenizer, new_test, again),
                      f"old_{after}_{name}": score(model, tokenizer, run.test, again)}
    return found


@refreshed.judged
def judge_refreshed(f: Figures) -> Verdict:
    """Holds where both new tasks are learned and reviews kept, fails where neither is learned; else with a limit."""
    sentences, learned, lost = [], [], []
    for name, called in (("spam", "Spam"), ("facts", "Questions")):
        learned.append(f[f"{name}_after"].mean - f[f"{name}_before"].mean >= CLEAR)
        lost.append(f["old"].mean - f[f"old_after_{name}"].mean >= CLEAR)
        sentences.append(
            f"{called} after reviews: {'learned' if learned[-1] else 'hardly learned'}, from "
            f"{share(f[f'{name}_before'])} to {share(f[f'{name}_after'])}; reviews "
            f"{'fall' if lost[-1] else 'stay'}, from {share(f['old'])} to {share(f[f'old_after_{name}'])}. "
            f"With reviews among the new rows: {share(f[f'{name}_mixed'])} and {share(f[f'old_mixed_{name}'])}.")
    if any(lost) and all(f["old"].mean - f[f"old_mixed_{name}"].mean < CLEAR for name in ("spam", "facts")):
        sentences.append("Old rows among the new ones prevent the loss.")
    word = FAILS if not any(learned) else HOLDS if all(learned) and not any(lost) else LIMITED
    return Verdict(word, " ".join(sentences))
