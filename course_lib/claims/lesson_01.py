"""What lesson 01 measures, on pairs that no list in the training text ever showed (the reported half).

Every relation counts once: a figure is the mean over relations of the mean over their keys.
"""
from collections.abc import Mapping
from statistics import mean

from course_lib import models  # torch comes with its first use, so that listing claims does not wait for it
from course_lib.claims import FAILS, HOLDS, LIMITED, Claim, Figure, Verdict, share
from course_lib.world import relations

K = (0, 1, 2, 4, 8)
LABELS, STEPS = 1000, 200  # of fine-tuning, 32 reviews a step
CLOSE = 0.05  # figures nearer to each other than this are called about equal
LITTLE = 0.03  # a gain of no more is called none
CLEAR = 0.1  # a gain of as much is called one
TUNING = 0.15  # what tuning must add to the bare model
BITS = 0.1  # of entropy, more than which four examples must take away
HARDLY, NEARLY = 0.2, 0.8  # of a gain: who loses less loses hardly anything of it; who loses as much, nearly all

Figures = Mapping[str, Figure]


def over_relations(model, tokenizer, k: int, seed: int) -> tuple[float, float]:
    """(share of answers that are some value of the relation, share that are right) after k examples."""
    from course_lib.prompting import few_shot_answers

    valid, right = [], []
    for relation in relations().values():
        answers = few_shot_answers(model, tokenizer, relation, relation.report, k, seed)
        values = set(relation.values())
        valid.append(mean(answer in values for answer in answers))
        right.append(mean(answer == relation[key] for answer, key in zip(answers, relation.report)))
    return mean(valid), mean(right)


def review_labels(seed: int) -> dict[str, float]:
    """Choosing between the label words of 200 reviews: guessing, the bare model, and tuned on 1,000 labels."""
    from course_lib.evaluation import evaluate
    from course_lib.methods import FullFineTuning
    from course_lib.training import fit
    from course_lib.world import load_task

    task = load_task("reviews")
    test = task["test"].shuffle(seed=seed).select(range(200))
    model, tokenizer = models.load_model("orchard-s")
    method = FullFineTuning(model, seed=seed)
    fit(model, tokenizer, {"train": task["train"].select(range(LABELS))}, method, steps=STEPS, learning_rate=1e-3,
        seed=seed, progress=False)
    base, tuned = (evaluate(model, tokenizer, test, one)["accuracy"] for one in (None, method))
    return {"chance": 1 / len(test.features["label"].names), "base": base, "tuned": tuned}


def judge_review_labels(f: Figures) -> Verdict:
    """Holds where tuning adds 15 points or more (`TUNING`)."""
    because = (f"Choosing between two label words, the bare model is right in {share(f['base'])} of the reviews, "
               f"guessing in {share(f['chance'])}, and after fine-tuning in {share(f['tuned'])}.")
    if f["tuned"].mean - f["base"].mean >= TUNING:
        return Verdict(HOLDS, because)
    return Verdict(FAILS, because + " Fine-tuning adds little.")


def one_example(seed: int) -> dict[str, float]:
    """Zero and one example, with an untrained model as control."""
    model, tokenizer = models.load_model("orchard-s")
    untrained, _ = models.load_model("orchard-s", random=True, seed=seed)
    valid_0, right_0 = over_relations(model, tokenizer, 0, seed)
    valid_1, right_1 = over_relations(model, tokenizer, 1, seed)
    return {"valid_0": valid_0, "right_0": right_0, "valid_1": valid_1, "right_1": right_1,
            "untrained_1": over_relations(untrained, tokenizer, 1, seed)[1]}


def judge_one_example(f: Figures) -> Verdict:
    """Holds where form and answer gain ten points or more (`CLEAR`), with a limit where only the form does."""
    because = (f"With no example {share(f['valid_0'])} of the answers have the right form and "
               f"{share(f['right_0'])} are right; with one, {share(f['valid_1'])} and {share(f['right_1'])}. "
               f"Untrained: {share(f['untrained_1'])}.")
    if f["valid_1"].mean - f["valid_0"].mean < CLEAR:
        return Verdict(FAILS, because + " One example does not set the form.")
    if f["right_1"].mean - f["right_0"].mean < CLEAR:
        return Verdict(LIMITED, because + " One example sets the form, and hardly helps with the answer.")
    return Verdict(HOLDS, because)


def several_examples(seed: int) -> dict[str, float]:
    """The share of right answers for 0, 1, 2, 4 and 8 examples."""
    model, tokenizer = models.load_model("orchard-s")
    return {f"right_{k}": over_relations(model, tokenizer, k, seed)[1] for k in K}


def judge_several_examples(f: Figures) -> Verdict:
    """By what the first example gains and what the best of the later ones gains beyond it."""
    right = {k: f[f"right_{k}"] for k in K}
    first, later = right[1].mean - right[0].mean, max(right[k].mean for k in (2, 4, 8)) - right[1].mean
    if max(first, later) <= LITTLE:
        word, finding = FAILS, "examples hardly help"
    elif later <= LITTLE:
        word, finding = FAILS, "one example does all of it"
    elif later < first - CLOSE:
        word, finding = LIMITED, "one example does most of it, further ones help a little"
    elif later <= first + CLOSE:
        word, finding = HOLDS, "the first example and the later ones bring about as much"
    else:
        word, finding = HOLDS, "the later examples bring more than the first"
    shares = ", ".join(f"{share(figure)} (k = {k})" for k, figure in right.items())
    return Verdict(word, f"Right answers: {shares}: {finding}.")


def ambiguity(seed: int) -> dict[str, float]:
    """How undecided the model is, in bits, between what is true of a fruit and of the company of its name."""
    from course_lib.prompting import draw_examples, entropy, few_shot, score_choices

    model, tokenizer = models.load_model("orchard-s")
    world = relations()
    kinds = ("fruit_family", "fruit_colour", "fruit_origin", "company_product", "company_country")
    homonyms = [key for key in world["company_product"] if key in world["fruit_family"]]

    def bits(k: int) -> float:
        found = []
        for key in homonyms:
            choices = sorted({world[kind][key] for kind in kinds})
            prompt = few_shot(draw_examples(world["fruit_family"], k, f"{seed} {key}", exclude=(key,)), key)
            found.append(entropy(score_choices(model, tokenizer, prompt, choices)))
        return mean(found)

    return {"bits_0": bits(0), "bits_1": bits(1), "bits_4": bits(4)}


def judge_ambiguity(f: Figures) -> Verdict:
    """Holds where four examples take more than a tenth of a bit away (`BITS`)."""
    because = (f"Over names that a fruit shares with a company, the answers' entropy is {f['bits_0']} bits with "
               f"no example, {f['bits_1']} with one and {f['bits_4']} with four.")
    if f["bits_0"].mean - f["bits_4"].mean > BITS:
        return Verdict(HOLDS, because)
    return Verdict(FAILS, because + " Without examples the answer is about as certain as with them.")


def unchanged(seed: int) -> dict[str, float]:
    """How many parameters prompting adds, and whether the hash of the weights is another one after it (1 or 0)."""
    model, tokenizer = models.load_model("orchard-s")
    before, count = models.weights_hash(model), sum(p.numel() for p in model.parameters())
    over_relations(model, tokenizer, 1, seed)
    added = sum(p.numel() for p in model.parameters()) - count
    return {"added": added, "changed": float(models.weights_hash(model) != before)}


def judge_unchanged(f: Figures) -> Verdict:
    """Holds where nothing at all changes."""
    same = f["added"].mean == 0 and f["changed"].mean == 0
    because = (f"Parameters added: {f['added'].mean:.0f}. The hash of all weights after the questions is "
               f"{'another one' if f['changed'].mean else 'the same as before'}.")
    return Verdict(HOLDS if same else FAILS, because)


def shuffled(seed: int) -> dict[str, float]:
    """Four examples with their own labels, with each other's, and no example, where a relation's values repeat."""
    from course_lib.prompting import exact_match

    model, tokenizer = models.load_model("orchard-s")
    pool = [relation for relation in relations().values() if relation.values_repeat]

    def right(k: int, mixed: bool = False) -> float:
        return mean(mean(exact_match(model, tokenizer, relation, relation.report, k, seed, shuffle_labels=mixed))
                    for relation in pool)

    return {"right_labels": right(4), "shuffled_labels": right(4, mixed=True), "no_examples": right(0)}


def judge_shuffled(f: Figures) -> Verdict:
    """By how much of what the examples gain is lost when their labels are shuffled."""
    because = (f"Four examples give {share(f['right_labels'])}; with their labels shuffled "
               f"{share(f['shuffled_labels'])}; with no example {share(f['no_examples'])}.")
    lost = f["right_labels"].mean - f["shuffled_labels"].mean
    gain = f["right_labels"].mean - f["no_examples"].mean
    if gain <= CLOSE:
        return Verdict(FAILS, because + " The examples hardly help, with whatever labels.")
    if lost < HARDLY * gain:
        return Verdict(FAILS, because + " The labels hardly matter: the examples show the form, they do not teach "
                                        "the pairs.")
    if lost < NEARLY * gain:
        return Verdict(LIMITED, because + " Part of the gain depends on the labels, the rest on the form.")
    return Verdict(HOLDS, because + " Nearly all of the gain depends on the labels.")


MLCC = ("Google MLCC",)
CLAIMS = [
    Claim("C02", "Writing text is not yet solving a task: the base model is a platform, not a solution", MLCC,
          ("chance", "base", "tuned"), review_labels, judge_review_labels, core=True, tolerance=0.1),
    Claim("C68", "One example sets the format (peach: drupe / apple: ___)", MLCC,
          ("valid_0", "right_0", "valid_1", "right_1", "untrained_1"), one_example, judge_one_example, core=True),
    Claim("C69", "Sometimes several examples are needed (plum: drupe / pear: pome / lemon: ___)", MLCC,
          tuple(f"right_{k}" for k in K), several_examples, judge_several_examples, core=True),
    Claim("C70", "Zero-shot “apple: ___” is ambiguous: fruit or company", MLCC,
          ("bits_0", "bits_1", "bits_4"), ambiguity, judge_ambiguity, core=True, tolerance=0.1),
    Claim("C71", "Prompting neither adds nor changes parameters", MLCC,
          ("added", "changed"), unchanged, judge_unchanged, core=True, tolerance=0.0),
    Claim("C72", "Few-shot lines are training examples", MLCC,
          ("right_labels", "shuffled_labels", "no_examples"), shuffled, judge_shuffled, core=True, tolerance=0.1),
]
