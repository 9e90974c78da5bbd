"""Fine-tuning beyond the task's own test: other texts than those of the labels, and other tasks than labelling."""
from dataclasses import replace
from statistics import mean

from course_lib.claims.claim import FAILS, GOOGLE, GUIDE, HOLDS, LIMITED, Figures, Verdict, claim, share
from course_lib.evaluation import answers
from course_lib.experiments import Setting, score, trained
from course_lib.experiments.fine_tuning import CHOSEN, TUNED
from course_lib.prompting import complete
from course_lib.world import load_task

CLEAR = 0.1  # of accuracy: a difference of as much is called one
STARS = replace(TUNED, task="stars", labels=256, steps=80)
KINDS = {name: Setting(task=name, labels=512, steps=120, test=150, validation=64, validate_every=30)
         for name in ("facts", "summaries")}


@claim("C78", "Evaluate on real use cases", (GUIDE,), lesson="02", tolerance=0.1,
       figures=("own", "shifted", "natural"))
def real_use(seed: int) -> dict[str, float]:
    """The task's own test, its shifted test (gadgets), and sentences that people wrote."""
    run = trained(TUNED, CHOSEN, seed)
    places = {"own": run.test, "shifted": TUNED.test_rows(split="shifted"), "natural": load_task("natural")["test"]}
    return {name: score(run.model, run.tokenizer, rows, run.method) for name, rows in places.items()}


@real_use.judged
def judge_real_use(f: Figures) -> Verdict:
    """Holds where one of the two other tests is ten points below the task's own (`CLEAR`)."""
    because = (f"Right on the task's own test: {share(f['own'])}; on reviews of gadgets, which no label was about: "
               f"{share(f['shifted'])}; on sentences that people wrote: {share(f['natural'])}.")
    if f["own"].mean - min(f["shifted"].mean, f["natural"].mean) >= CLEAR:
        return Verdict(HOLDS, because + " The own test does not tell what real use brings.")
    return Verdict(FAILS, because + " The own test told enough.")


@claim("C98", "Regression, too, is a task a base model does not solve by itself", (GOOGLE,), lesson="02", tolerance=0.2,
       figures=("middle_error", "written", "base", "base_error", "tuned", "tuned_error"))
def stars(seed: int) -> dict[str, float]:
    """Accuracy and mean error in stars: guessing the middle, the bare base, and tuned on 256 labels."""
    run = trained(STARS, CHOSEN, seed)

    def judged(given: list, right: list) -> tuple[float, float]:
        return mean(a == b for a, b in zip(given, right)), mean(abs(a - b) for a, b in zip(given, right))

    base, after = (judged(*answers(run.model, run.tokenizer, run.test, one)) for one in (None, run.method))
    written = complete(run.model, run.tokenizer, run.test["prompt"][:100], 3)
    return {"middle_error": mean(abs(label - 2) for label in run.test["label"]),
            "written": mean(text in run.test.features["label"].names for text in written),
            "base": base[0], "base_error": base[1], "tuned": after[0], "tuned_error": after[1]}


@stars.judged
def judge_stars(f: Figures) -> Verdict:
    """Holds where tuning more than halves the error of guessing the middle, and the base does not beat it clearly."""
    because = (f"Asked for stars, the bare base writes a number from 1 to 5 in {share(f['written'])}; the likeliest of "
               f"the five is right in {share(f['base'])} and off by {f['base_error'].mean:.2f} stars, where always "
               f"saying 3 is off by {f['middle_error'].mean:.2f}. Tuned: {share(f['tuned'])} right, off by "
               f"{f['tuned_error'].mean:.2f}.")
    if f["tuned_error"].mean > f["middle_error"].mean / 2:
        return Verdict(LIMITED if f["tuned_error"].mean < f["base_error"].mean else FAILS, because)
    return Verdict(HOLDS if f["base_error"].mean > 0.8 * f["middle_error"].mean else FAILS, because)


def words_found(given: list[str], right: list[str]) -> float:
    """The mean share of the right text's words that the given one has."""
    return mean(mean(word in text.split() for word in wanted.split()) for text, wanted in zip(given, right))


@claim("C100", "Fine-tuning adapts a model to many kinds of task: summaries, question answering", (GUIDE,), lesson="02",
       tolerance=0.15, figures=("facts_before", "facts_after", "summaries_before", "words_before", "summaries_after",
                                "words_after"))
def many_kinds(seed: int) -> dict[str, float]:
    """Exact answers to questions, exact summaries and words of summaries, before and after 512 rows (120 steps)."""
    found = {}
    for name, setting in KINDS.items():
        run = trained(setting, CHOSEN, seed)
        for when, one in (("before", None), ("after", run.method)):
            given, right = answers(run.model, run.tokenizer, run.test, one)
            found[f"{name}_{when}"] = mean(a == b for a, b in zip(given, right))
            if name == "summaries":
                found[f"words_{when}"] = words_found(given, right)
    return found


@many_kinds.judged
def judge_many_kinds(f: Figures) -> Verdict:
    """Holds where both tasks gain ten points or more (`CLEAR`), with a limit where one does."""
    because = (f"Exact answers to questions about unseen keys go from {share(f['facts_before'])} to "
               f"{share(f['facts_after'])}, exact summaries from {share(f['summaries_before'])} to "
               f"{share(f['summaries_after'])}; of the summaries' words {share(f['words_before'])} are found before "
               f"and {share(f['words_after'])} after.")
    gains = [f[f"{name}_after"].mean - f[f"{name}_before"].mean >= CLEAR for name in ("facts", "summaries")]
    return Verdict(HOLDS if all(gains) else LIMITED if any(gains) else FAILS, because)
