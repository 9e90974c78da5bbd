"""What lesson 02 measures: full fine-tuning of the base model, step by step of the six-step process.

Unless it is said, 128 labelled reviews, 40 steps of 16, and the rate 3e-4.

Rates were chosen once, with a seed that no record has (9), by the lowest loss on 100 validation rows in a run of the
length in which they are used. For reviews, of 3e-4, 1e-3 and 3e-3, with 128 labels and with 1,024, from the pretrained
and from the random start (which at best ends about where guessing does). For a second task (C06), of 3e-4 and 1e-3:
3e-4 for spam and for questions. Stars and summaries take it untried.
"""
from collections.abc import Mapping
from statistics import mean

from course_lib import models  # torch comes with its first use, so that listing claims does not wait for it
from course_lib.claims import FAILS, HOLDS, LIMITED, Claim, Figure, Verdict, share

LABELS, STEPS, ROWS, RATE = 128, 40, 16, 3e-4
MORE, MORE_STEPS = 512, 120  # rows and steps for a task that is harder than reviews
START_STEPS = {128: 40, 1024: 128}  # steps for so many labels, of both starts
START_RATES = {("pretrained", 128): 3e-4, ("random", 128): 3e-3, ("pretrained", 1024): 3e-4, ("random", 1024): 3e-3}
SIZES = (16, 64, 256, 1024, 4096)
RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
LITTLE, CLEAR = 0.02, 0.1  # of accuracy: a difference of no more is called none; of as much, a clear one
TURNS = 1.1  # a validation loss that ends this many times above its lowest has turned up

Figures = Mapping[str, Figure]


def first(rows, n: int, seed: int):
    """n rows in an order that the seed decides."""
    return rows.shuffle(seed=seed).select(range(n))


def tuned(model, tokenizer, task, n: int, seed: int, rate: float = RATE, steps: int = STEPS, method=None,
          validation: int = 64, every: int = 15):
    """(the method after training on n rows, its history); without `validation` rows the last parameters stay."""
    from course_lib.methods import FullFineTuning
    from course_lib.training import fit

    method = method or FullFineTuning(model, seed=seed)
    parts = {"train": first(task["train"], n, seed)}
    if validation:
        parts["validation"] = task["validation"].select(range(validation))
    return method, fit(model, tokenizer, parts, method, steps=steps, batch_size=ROWS, learning_rate=rate, seed=seed,
                       validate_every=every, progress=False)


def accuracy(model, tokenizer, rows, method=None) -> float:
    """The share of right answers, or of exact ones."""
    from course_lib.evaluation import evaluate

    found = evaluate(model, tokenizer, rows, method)
    return found["accuracy"] if "accuracy" in found else found["exact_match"]


def start(name: str = "reviews", test: int = 200):
    """(model, tokenizer, task, the test rows that a claim looks at)."""
    from course_lib.world import load_task

    task = load_task(name)
    return *models.load_model("orchard-s"), task, task["test"].select(range(test))


def improves(seed: int) -> dict[str, float]:
    """Reviews rightly labelled by a bag of words, the bare base, and the tuned model."""
    from course_lib.bag_of_words import bag_of_words_accuracy

    model, tokenizer, task, test = start()
    words = bag_of_words_accuracy(first(task["train"], LABELS, seed), test)
    method, _ = tuned(model, tokenizer, task, LABELS, seed)
    return {"bag_of_words": words, "base": accuracy(model, tokenizer, test),
            "tuned": accuracy(model, tokenizer, test, method)}


def judge_improves(f: Figures) -> Verdict:
    """Holds where tuning beats the bare base and the bag of words by ten points or more (`CLEAR`)."""
    because = (f"On unseen reviews the bare base is right in {share(f['base'])}, a bag of words in "
               f"{share(f['bag_of_words'])}, and after fine-tuning the model in {share(f['tuned'])}.")
    gain = f["tuned"].mean - f["base"].mean
    if gain < CLEAR:
        return Verdict(FAILS, because + " Fine-tuning adds little.")
    if f["tuned"].mean - f["bag_of_words"].mean < CLEAR:
        return Verdict(LIMITED, because + " Counting words would have done nearly as well.")
    return Verdict(HOLDS, because)


def enough(seed: int) -> dict[str, float]:
    """Accuracy after training on 16 … 4,096 labels: 40 steps, or one pass where that takes more."""
    model, tokenizer, task, test = start(test=400)
    found = {}
    for n in SIZES:
        steps = max(STEPS, n // ROWS)
        method, _ = tuned(model, tokenizer, task, n, seed, steps=steps, every=max(15, steps // 4))
        found[f"labels_{n}"] = accuracy(model, tokenizer, test, method)
    return found


def judge_enough(f: Figures) -> Verdict:
    """Holds where a thousand labels or fewer come within two points of the largest number (`LITTLE`)."""
    because = "Right after training on " + ", ".join(f"{n:,} labels: {share(f[f'labels_{n}'])}" for n in SIZES) + "."
    most = f[f"labels_{SIZES[-1]}"].mean
    enough = next(n for n in SIZES if most - f[f"labels_{n}"].mean <= LITTLE)
    if enough == SIZES[-1]:
        return Verdict(FAILS, because + " More labels still help.")
    return Verdict(HOLDS, because + f" {enough:,} are within two points of the most.")


def two_starts(seed: int) -> dict[str, float]:
    """The pretrained and a random start, after 128 labels and after 1,024, each at its own rate (`START_RATES`)."""
    model, tokenizer, task, test = start()
    untrained, _ = models.load_model("orchard-s", random=True, seed=seed)
    found = {}
    for n, steps in START_STEPS.items():
        for name, one in (("pretrained", model), ("random", untrained)):
            method, _ = tuned(one, tokenizer, task, n, seed, START_RATES[name, n], steps, every=max(15, steps // 4))
            found[f"{name}_{n}"] = accuracy(one, tokenizer, test, method)
    return found


def judge_two_starts(f: Figures) -> Verdict:
    """Holds where the pretrained start is ten points ahead with 128 labels (`CLEAR`)."""
    because = (f"With 128 labels the pretrained start reaches {share(f['pretrained_128'])} and a random one "
               f"{share(f['random_128'])}; with 1,024 labels {share(f['pretrained_1024'])} and "
               f"{share(f['random_1024'])}.")
    if f["pretrained_128"].mean - f["random_128"].mean < CLEAR:
        return Verdict(FAILS, because)
    if f["random_1024"].mean < 0.5 + CLEAR:
        return Verdict(HOLDS, because + " How many labels a random start needs stays open: so many do not teach it.")
    return Verdict(HOLDS, because)


def refreshed(seed: int) -> dict[str, float]:
    """Reviews, and then spam or questions with the same parameters; once as they are, once with reviews among them."""
    import datasets

    from course_lib.methods import FullFineTuning
    from course_lib.world import load_task

    model, tokenizer, old, old_test = start(test=100)
    columns = ["prompt", "answer"]  # questions have no labels
    old_rows = first(old["train"], LABELS, seed).select_columns(columns)
    method, _ = tuned(model, tokenizer, old, LABELS, seed, validation=0)
    before, found = method.state_dict(), {"old": accuracy(model, tokenizer, old_test, method)}
    for name in ("spam", "facts"):
        new = load_task(name)
        new_test, new_rows = new["test"].select(range(100)), first(new["train"], MORE, seed).select_columns(columns)
        found[f"{name}_before"] = accuracy(model, tokenizer, new_test, method)
        for after, rows in (("after", new_rows), ("mixed", datasets.concatenate_datasets([new_rows, old_rows]))):
            again = FullFineTuning(model, seed=seed)
            again.load_state_dict(before)
            tuned(model, tokenizer, {"train": rows}, len(rows), seed, RATE, MORE_STEPS, method=again, validation=0)
            found |= {f"{name}_{after}": accuracy(model, tokenizer, new_test, again),
                      f"old_{after}_{name}": accuracy(model, tokenizer, old_test, again)}
    return found


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


def untied_copy(model):
    """The same model, with a matrix of its own for the output."""
    import copy

    from torch import nn

    model = copy.deepcopy(model)
    model.lm_head.weight = nn.Parameter(model.lm_head.weight.detach().clone())
    return model


def moved_by_one_step(model, tokenizer, rows, decay: float) -> float:
    """The share of all scalars that one step of AdamW on these rows leaves changed."""
    import torch

    from course_lib.batches import Batches, loss_of
    from course_lib.methods import FullFineTuning

    method = FullFineTuning(model)
    batch = Batches(model, tokenizer, rows, method).batch(list(range(len(rows))))
    optimizer = torch.optim.AdamW(method.parameters(), lr=RATE, weight_decay=decay)
    before = [parameter.detach().clone() for parameter in method.parameters()]
    with method.on(model):
        loss_of(method.logits(model, batch), batch["labels"]).backward()
    optimizer.step()
    moved = sum((old != new).sum().item() for old, new in zip(before, method.parameters()))
    return moved / sum(parameter.numel() for parameter in before)


def every_scalar(seed: int) -> dict[str, float]:
    """The share moved by one step: embeddings tied, untied, and untied with weight decay."""
    model, tokenizer, task, _ = start()
    rows, untied = first(task["train"], ROWS, seed), untied_copy(model)
    return {"tied": moved_by_one_step(model, tokenizer, rows, 0.0),
            "untied": moved_by_one_step(untied, tokenizer, rows, 0.0),
            "untied_decay": moved_by_one_step(untied, tokenizer, rows, 0.01)}


def judge_every_scalar(f: Figures) -> Verdict:
    """Holds where more than 99.9 % move in every setting; with a limit where they do in the model as it is."""
    exact = {name: f"{100 * f[name].mean:.2f} %" for name in ("tied", "untied", "untied_decay")}
    because = (f"One step of AdamW moves {exact['tied']} of all scalars. With a separate output matrix it is "
               f"{exact['untied']}, because rows of tokens that the batch does not hold get no gradient; with weight "
               f"decay {exact['untied_decay']}.")
    if min(figure.mean for figure in f.values()) > 0.999:
        return Verdict(HOLDS, because)
    return Verdict(LIMITED if f["tied"].mean > 0.9 else FAILS, because)


def same_size(seed: int) -> dict[str, float]:
    """Parameters of the base, of the tuned model, and of one that is tuned with a head."""
    from course_lib.methods import FullFineTuning

    model, _ = models.load_model("orchard-s")
    count = lambda module: sum(parameter.numel() for parameter in module.parameters())
    return {"base": count(model), "tuned": count(FullFineTuning(model, seed=seed)),
            "with_head": count(FullFineTuning(model, num_labels=2, seed=seed))}


def judge_same_size(f: Figures) -> Verdict:
    """Holds where the counts are equal."""
    because = (f"The base has {f['base'].mean:,.0f} parameters, the tuned model {f['tuned'].mean:,.0f}. With a head of "
               f"its own it would have {f['with_head'].mean:,.0f}.")
    return Verdict(HOLDS if f["base"].mean == f["tuned"].mean else FAILS, because)


def pretraining_operations(model) -> float:
    """The operations of the base's pretraining: one row of its length counted, times the rows that it read."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from course_lib.cost import eager_attention
    from course_lib.models.card import BUNDLED, read_card

    card = read_card(BUNDLED / "orchard-s")
    ids = torch.arange(card["tokens_per_row"])[None]                                  # (1, T): any tokens will do
    with torch.enable_grad(), eager_attention(model), FlopCounterMode(display=False) as counter:
        model(ids, labels=ids, use_cache=False).loss.backward()
    model.zero_grad()
    return counter.get_total_flops() * card["tokens"] / card["tokens_per_row"]


def costs(seed: int) -> dict[str, float]:
    """Operations of fine-tuning and of pretraining, and the bytes that training keeps for each byte of weights."""
    from course_lib.cost import cost
    from course_lib.methods import FullFineTuning

    model, tokenizer, task, _ = start()
    found = cost(model, tokenizer, first(task["train"], ROWS, seed), FullFineTuning(model, seed=seed))
    weights = sum(parameter.nbytes for parameter in model.parameters())
    return {"tuning": float(found.step * STEPS), "pretraining": float(pretraining_operations(model)),
            "memory": (2 * weights + found.optimizer_bytes) / weights}


def judge_costs(f: Figures) -> Verdict:
    """By the share of pretraining's operations, and by the memory of a training step."""
    ratio = f["pretraining"].mean / f["tuning"].mean
    because = (f"Pretraining took {ratio:,.0f} times the operations of fine-tuning. In memory they are alike: weights, "
               f"gradients and AdamW's two numbers make {f['memory'].mean:.0f} times the bytes of the weights.")
    if ratio < 10:
        return Verdict(HOLDS, because)
    if f["memory"].mean >= 3:
        return Verdict(LIMITED, because + " The text is right about memory and wrong about computing.")
    return Verdict(FAILS, because)


def copies(seed: int) -> dict[str, float]:
    """The bytes of a task's file and of the base's weights, and the GB of 175 billion parameters in 16 bits."""
    from course_lib.cost import size_on_disk
    from course_lib.methods import FullFineTuning

    model, _ = models.load_model("orchard-s")
    return {"file": size_on_disk(FullFineTuning(model, seed=seed)),
            "weights": sum(parameter.nbytes for parameter in model.parameters()),
            "gb_175": 175e9 * 2 / 1e9}  # 16 bits are two bytes


def judge_copies(f: Figures) -> Verdict:
    """Holds where a task's file is as large as the base, and the arithmetic gives 350 GB."""
    because = (f"A task's file has {f['file'].mean / 1e6:.1f} MB, the base's weights {f['weights'].mean / 1e6:.1f} MB. "
               f"175 billion parameters of two bytes are {f['gb_175'].mean:.0f} GB; of four bytes, twice that.")
    holds = 0.99 <= f["file"].mean / f["weights"].mean <= 1.05 and abs(f["gb_175"].mean - 350) < 1
    return Verdict(HOLDS if holds else FAILS, because)


def picked(marks, draws: int, seed: int, n: int = 50) -> dict[str, float]:
    """Pick the best row of `marks` (candidates, rows) on n test or n validation rows; score on what is left."""
    import numpy

    rng, marks = numpy.random.default_rng(seed), numpy.asarray(marks, dtype=float)
    found = []
    for _ in range(draws):
        order = rng.permutation(marks.shape[1])
        test, validation, fresh = (marks[:, part].mean(1) for part in (order[:n], order[n:2 * n], order[2 * n:]))
        by_test, by_validation = test.argmax(), validation.argmax()
        found.append((test[by_test], fresh[by_test], test[by_validation], fresh[by_validation]))
    names = ("on_test", "on_test_fresh", "on_validation", "on_validation_fresh")
    return dict(zip(names, map(float, numpy.mean(found, axis=0))))


def split(seed: int) -> dict[str, float]:
    """Six runs on 64 labels; the best is picked on 50 test rows, or on 50 validation rows, 1,000 times over."""
    from course_lib.evaluation import answers

    model, tokenizer, task, test = start(test=300)
    marks = []
    for number, rate in enumerate((2e-4, 3e-4, 5e-4) * 2):
        method, _ = tuned(model, tokenizer, task, 64, 10 * seed + number, rate, steps=12, validation=0)
        marks.append([given == right for given, right in zip(*answers(model, tokenizer, test, method))])
    return picked(marks, 1000, seed)


def judge_split(f: Figures) -> Verdict:
    """Holds where the score that was picked on test is more than a point above fresh rows, and the other is not."""
    gap = 100 * (f["on_test"].mean - f["on_test_fresh"].mean)
    fair = 100 * (f["on_validation"].mean - f["on_validation_fresh"].mean)
    because = (f"Picked on 50 test rows, the best of six runs reports {gap:.1f} points more than it has on fresh rows; "
               f"picked on validation, {round(fair, 1) + 0:+.1f}.")
    return Verdict(HOLDS if gap > 1 and abs(fair) < gap / 2 else FAILS, because)


def rates(seed: int) -> dict[str, float]:
    """Accuracy on validation for every rate, of full fine-tuning and of LoRA."""
    from course_lib.methods import FullFineTuning, LoRA

    model, tokenizer, task, _ = start()
    validation, found = task["validation"].select(range(200)), {}
    for name, build in (("full", lambda: FullFineTuning(model, seed=seed)),
                        ("lora", lambda: LoRA(model, rank=4, alpha=8, seed=seed))):
        for rate in RATES:
            method, _ = tuned(model, tokenizer, task, LABELS, seed, rate, method=build(), validation=0)
            found[f"{name}_{rate:g}"] = accuracy(model, tokenizer, validation, method)
    return found


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


def stops(seed: int) -> dict[str, float]:
    """Sixteen labels, at three times the rate: the best point of the validation loss against the end of the run."""
    model, tokenizer, task, test = start()
    best, history = tuned(model, tokenizer, task, 16, seed, 3 * RATE, every=4)
    last, _ = tuned(model, tokenizer, task, 16, seed, 3 * RATE, validation=0)
    return {"best_step": history.best_step, "validation_best": history.best_loss,
            "validation_last": history.validation[-1]["loss"], "training_last": mean(history.loss[-10:]),
            "accuracy_best": accuracy(model, tokenizer, test, best),
            "accuracy_last": accuracy(model, tokenizer, test, last)}


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
    return Verdict(LIMITED, because + " Going on spoils the probabilities, and not the answers.")


def real_use(seed: int) -> dict[str, float]:
    """The task's own test, its shifted test (gadgets), and sentences that people wrote."""
    from course_lib.world import load_task

    model, tokenizer, task, test = start()
    method, _ = tuned(model, tokenizer, task, LABELS, seed)
    others = {"shifted": task["shifted"].select(range(200)), "natural": load_task("natural")["test"]}
    return {"own": accuracy(model, tokenizer, test, method),
            **{name: accuracy(model, tokenizer, rows, method) for name, rows in others.items()}}


def judge_real_use(f: Figures) -> Verdict:
    """Holds where one of the two other tests is ten points below the task's own (`CLEAR`)."""
    because = (f"Right on the task's own test: {share(f['own'])}; on reviews of gadgets, which no label was about: "
               f"{share(f['shifted'])}; on sentences that people wrote: {share(f['natural'])}.")
    if f["own"].mean - min(f["shifted"].mean, f["natural"].mean) >= CLEAR:
        return Verdict(HOLDS, because + " The own test does not tell what real use brings.")
    return Verdict(FAILS, because + " The own test told enough.")


def stars(seed: int) -> dict[str, float]:
    """Accuracy and mean error in stars: guessing the middle, the bare base, and tuned on 256 labels."""
    from course_lib.evaluation import answers
    from course_lib.prompting import complete

    model, tokenizer, task, test = start("stars", 200)
    method, _ = tuned(model, tokenizer, task, 256, seed, steps=80)

    def judged(given: list, right: list) -> tuple[float, float]:
        return mean(a == b for a, b in zip(given, right)), mean(abs(a - b) for a, b in zip(given, right))

    base, after = (judged(*answers(model, tokenizer, test, one)) for one in (None, method))
    written = complete(model, tokenizer, test["prompt"][:100], 3)
    return {"middle_error": mean(abs(label - 2) for label in test["label"]),
            "written": mean(text in test.features["label"].names for text in written),
            "base": base[0], "base_error": base[1], "tuned": after[0], "tuned_error": after[1]}


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


def many_kinds(seed: int) -> dict[str, float]:
    """Exact answers to questions, exact summaries and words of summaries, before and after 512 rows (120 steps)."""
    from course_lib.evaluation import answers

    found = {}
    for name in ("facts", "summaries"):
        model, tokenizer, task, test = start(name, 150)
        method, _ = tuned(model, tokenizer, task, MORE, seed, steps=MORE_STEPS, every=MORE_STEPS // 4)
        for when, one in (("before", None), ("after", method)):
            given, right = answers(model, tokenizer, test, one)
            found[f"{name}_{when}"] = mean(a == b for a, b in zip(given, right))
            if name == "summaries":
                found[f"words_{when}"] = words_found(given, right)
    return found


def judge_many_kinds(f: Figures) -> Verdict:
    """Holds where both tasks gain ten points or more (`CLEAR`), with a limit where one does."""
    because = (f"Exact answers to questions about unseen keys go from {share(f['facts_before'])} to "
               f"{share(f['facts_after'])}, exact summaries from {share(f['summaries_before'])} to "
               f"{share(f['summaries_after'])}; of the summaries' words {share(f['words_before'])} are found before "
               f"and {share(f['words_after'])} after.")
    gains = [f[f"{name}_after"].mean - f[f"{name}_before"].mean >= CLEAR for name in ("facts", "summaries")]
    return Verdict(HOLDS if all(gains) else LIMITED if any(gains) else FAILS, because)


MLCC, GUIDE, WIKI, SOFT = "Google MLCC", "Unite.AI guide", "Wikipedia", "Prompt-tuning explainer"
LOREFT = "Unite.AI LoReFT"
CLAIMS = [
    Claim("C03", "Fine-tuning improves the target task", (MLCC, GUIDE, WIKI), ("bag_of_words", "base", "tuned"),
          improves, judge_improves, core=True, tolerance=0.1),
    Claim("C04", "A few hundred or thousand examples are enough", (MLCC,), tuple(f"labels_{n}" for n in SIZES),
          enough, judge_enough, tolerance=0.1),
    Claim("C05", "A pretrained start needs fewer labels than a random one", (GUIDE, WIKI),
          ("pretrained_128", "random_128", "pretrained_1024", "random_1024"), two_starts, judge_two_starts, core=True,
          tolerance=0.1),
    Claim("C06", "Models can be refreshed by further fine-tuning on new data", (GUIDE,),
          ("old", *(figure for name in ("spam", "facts") for figure in (
              f"{name}_before", f"{name}_after", f"old_after_{name}", f"{name}_mixed", f"old_mixed_{name}"))),
          refreshed, judge_refreshed, tolerance=0.15),
    Claim("C08", "Standard fine-tuning updates every weight and bias at every step", (MLCC, GUIDE),
          ("tied", "untied", "untied_decay"), every_scalar, judge_every_scalar, core=True),
    Claim("C09", "The fine-tuned model has as many parameters as the base", (MLCC,), ("base", "tuned", "with_head"),
          same_size, judge_same_size, tolerance=0.0),
    Claim("C10", "Full fine-tuning is slow and costly, “like pretraining”", (SOFT, MLCC, GUIDE, LOREFT),
          ("tuning", "pretraining", "memory"), costs, judge_costs, core=True),
    Claim("C11", "Full fine-tuning stores one copy per task; 175 B parameters are about 350 GB", (SOFT, GUIDE),
          ("file", "weights", "gb_175"), copies, judge_copies, tolerance=0.001),
    Claim("C75", "Split in train, validation and test; tune on validation", (GUIDE,),
          ("on_test", "on_test_fresh", "on_validation", "on_validation_fresh"), split, judge_split),
    Claim("C76", "Tune learning rate, batch size, schedule (measured: the learning rate)", (GUIDE,),
          tuple(f"{name}_{rate:g}" for name in ("full", "lora") for rate in RATES), rates, judge_rates, tolerance=0.15),
    Claim("C77", "Stop early when validation stops improving", (GUIDE,),
          ("best_step", "validation_best", "validation_last", "training_last", "accuracy_best", "accuracy_last"),
          stops, judge_stops, core=True, tolerance=0.3),
    Claim("C78", "Evaluate on real use cases", (GUIDE,), ("own", "shifted", "natural"), real_use, judge_real_use,
          core=True, tolerance=0.1),
    Claim("C98", "Regression, too, is a task a base model does not solve by itself", (MLCC,),
          ("middle_error", "written", "base", "base_error", "tuned", "tuned_error"), stars, judge_stars, tolerance=0.2),
    Claim("C100", "Fine-tuning adapts a model to many kinds of task: summaries, question answering", (GUIDE,),
          ("facts_before", "facts_after", "summaries_before", "words_before", "summaries_after", "words_after"),
          many_kinds, judge_many_kinds, tolerance=0.15),
]
