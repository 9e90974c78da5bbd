"""What lesson 01 measures, on pairs that no list in the training text ever showed (the reported half).

Every relation counts once: a figure is the mean over relations of the mean over their keys.
"""
from statistics import mean

from course_lib import models
from course_lib.claims.lesson_01 import K
from course_lib.evaluation import evaluate
from course_lib.methods import FullFineTuning
from course_lib.prompting import draw_examples, entropy, exact_match, few_shot, few_shot_answers, score_choices
from course_lib.training import fit
from course_lib.world import load_task, relations

LABELS, STEPS = 1000, 200  # of fine-tuning, 32 reviews a step


def over_relations(model, tokenizer, k: int, seed: int) -> tuple[float, float]:
    """(share of answers that are some value of the relation, share that are right) after k examples."""
    valid, right = [], []
    for relation in relations().values():
        answers = few_shot_answers(model, tokenizer, relation, relation.report, k, seed)
        values = set(relation.values())
        valid.append(mean(answer in values for answer in answers))
        right.append(mean(answer == relation[key] for answer, key in zip(answers, relation.report)))
    return mean(valid), mean(right)


def review_labels(seed: int) -> dict[str, float]:
    """Choosing between the label words of 200 reviews: guessing, the bare model, and tuned on 1,000 labels."""
    task = load_task("reviews")
    test = task["test"].shuffle(seed=seed).select(range(200))
    model, tokenizer = models.load_model("orchard-s")
    method = FullFineTuning(model, seed=seed)
    fit(model, tokenizer, {"train": task["train"].select(range(LABELS))}, method, steps=STEPS, learning_rate=1e-3,
        seed=seed, progress=False)
    base, tuned = (evaluate(model, tokenizer, test, one)["accuracy"] for one in (None, method))
    return {"chance": 1 / len(test.features["label"].names), "base": base, "tuned": tuned}


def one_example(seed: int) -> dict[str, float]:
    """Zero and one example, with an untrained model as control."""
    model, tokenizer = models.load_model("orchard-s")
    untrained, _ = models.load_model("orchard-s", random=True, seed=seed)
    valid_0, right_0 = over_relations(model, tokenizer, 0, seed)
    valid_1, right_1 = over_relations(model, tokenizer, 1, seed)
    return {"valid_0": valid_0, "right_0": right_0, "valid_1": valid_1, "right_1": right_1,
            "untrained_1": over_relations(untrained, tokenizer, 1, seed)[1]}


def several_examples(seed: int) -> dict[str, float]:
    """The share of right answers for 0, 1, 2, 4 and 8 examples."""
    model, tokenizer = models.load_model("orchard-s")
    return {f"right_{k}": over_relations(model, tokenizer, k, seed)[1] for k in K}


def ambiguity(seed: int) -> dict[str, float]:
    """How undecided the model is, in bits, between what is true of a fruit and of the company of its name."""
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


def unchanged(seed: int) -> dict[str, float]:
    """How many parameters prompting adds, and whether the hash of the weights is another one after it (1 or 0)."""
    model, tokenizer = models.load_model("orchard-s")
    before, count = models.weights_hash(model), sum(p.numel() for p in model.parameters())
    over_relations(model, tokenizer, 1, seed)
    added = sum(p.numel() for p in model.parameters()) - count
    return {"added": added, "changed": float(models.weights_hash(model) != before)}


def shuffled(seed: int) -> dict[str, float]:
    """Four examples with their own labels, with each other's, and no example, where a relation's values repeat."""
    model, tokenizer = models.load_model("orchard-s")
    pool = [relation for relation in relations().values() if relation.values_repeat]

    def right(k: int, mixed: bool = False) -> float:
        return mean(mean(exact_match(model, tokenizer, relation, relation.report, k, seed, shuffle_labels=mixed))
                    for relation in pool)

    return {"right_labels": right(4), "shuffled_labels": right(4, mixed=True), "no_examples": right(0)}
