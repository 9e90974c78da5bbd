"""Examples in the prompt, on pairs that no list in the training text ever showed (the reported half).

Every relation counts once: a figure is the mean over relations of the mean over their keys.
"""
from collections.abc import Callable
from statistics import mean

from course_lib.claims.claim import GOOGLE, Figures, claim, more, share
from course_lib.experiments.new_mapping import K as LINES
from course_lib.experiments.new_mapping import followed, of_another, taught
from course_lib.models import load_model
from course_lib.prompting import complete, draw_examples, few_shot, shuffle_values
from course_lib.world import relations

K = (0, 1, 2, 4, 8)


def over_relations(model, tokenizer, seed: int, build: Callable, pool=None) -> tuple[float, float]:
    """(share of answers that are some value of the relation, share that are right) to the prompts of
    few_shot(build(relation, key, the seed of the draw), key)."""
    valid, right = [], []
    for relation in pool or relations().values():
        answers = complete(model, tokenizer, [few_shot(build(relation, key, f"{seed} {key}"), key)
                                              for key in relation.report], 8)
        valid.append(mean(answer in relation.values() for answer in answers))
        right.append(mean(answer == relation[key] for answer, key in zip(answers, relation.report)))
    return mean(valid), mean(right)


def first(k: int) -> Callable:
    """k examples of the relation that is asked."""
    return lambda relation, key, draw: draw_examples(relation, k, draw, exclude=(key,))


@claim("C68", "One example sets the format (peach: drupe / apple: ___)", (GOOGLE,), lesson="01", core=True,
       figures=("valid_0", "right_0", "valid_1", "right_1", "valid_another", "right_another", "untrained_1"),
       question="Does one example bring answers of the right kind, and is it this example that does, not any line?",
       asks={"one example rather than none": more(lambda f: f["valid_1"] - f["valid_0"], 0.1),
             "an example of this list rather than of another": more(lambda f: f["valid_1"] - f["valid_another"], 0.1)})
def one_example(seed: int) -> dict[str, float]:
    """Zero and one example, one of another list, and an untrained model."""
    model, tokenizer = load_model("orchard-s")
    untrained, _ = load_model("orchard-s", random=True, seed=seed)
    found = {"untrained_1": over_relations(untrained, tokenizer, seed, first(1))[1]}
    for name, build in (("0", first(0)), ("1", first(1)), ("another", of_another)):
        found[f"valid_{name}"], found[f"right_{name}"] = over_relations(model, tokenizer, seed, build)
    return {name: found[name] for name in one_example.figures}


@one_example.told
def tell_one_example(f: Figures) -> str:
    """Form and answer in the three settings."""
    return (f"With no example {share(f['valid_0'])} of the answers are of the right kind and {share(f['right_0'])} are "
            f"right; with one, {share(f['valid_1'])} and {share(f['right_1'])}; with a line of another list, "
            f"{share(f['valid_another'])} and {share(f['right_another'])}. Untrained: {share(f['untrained_1'])} right.")


@claim("C69", "Sometimes several examples are needed (plum: drupe / pear: pome / lemon: ___)", (GOOGLE,), lesson="01",
       figures=(*(f"right_{k}" for k in K), "repeated"),
       question="Are more answers right with eight examples than with one, and than with one that stands there eight "
                "times?",
       turned="It held with a limit, by a threshold beside the result. One line eight times does a part of it. With "
              "six seeds that left it open; with twenty the rest is more than two points.",
       asks={"eight rather than one": more(lambda f: f["right_8"] - f["right_1"], 0.02),
             "eight rather than one, eight times": more(lambda f: f["right_8"] - f["repeated"], 0.02)})
def several_examples(seed: int) -> dict[str, float]:
    """The share of right answers for 0, 1, 2, 4 and 8 examples, and for one that stands there eight times."""
    model, tokenizer = load_model("orchard-s")
    right = lambda build: over_relations(model, tokenizer, seed, build)[1]
    return {f"right_{k}": right(first(k)) for k in K} | {"repeated": right(lambda *asked: 8 * first(1)(*asked))}


@several_examples.told
def tell_several_examples(f: Figures) -> str:
    """All shares."""
    return ("Right answers: " + ", ".join(f"{share(f[f'right_{k}'])} (k = {k})" for k in K)
            + f"; with one example eight times {share(f['repeated'])}.")


@claim("C72", "Few-shot lines are training examples", (GOOGLE,), lesson="01", tolerance=0.1,
       figures=("right_labels", "shuffled_labels", "no_examples", "new_right", "new_shuffled", "new_taught"),
       question="Do a prompt's lines lose what they bring when their labels are shuffled?",
       asks={"facts that are in the weights": more(lambda f: f["right_labels"] - f["shuffled_labels"], 0.05),
             "a mapping that is new": more(lambda f: f["new_right"] - f["new_shuffled"], 0.05)})
def shuffled(seed: int) -> dict[str, float]:
    """Four examples with their own labels, with each other's, and none; then labels of a mapping that no text had.

    The first are of relations whose values repeat; the same lines of the new mapping are also trained on.
    """
    model, tokenizer = load_model("orchard-s")
    pool = [relation for relation in relations().values() if relation.values_repeat]
    right = lambda build: over_relations(model, tokenizer, seed, build, pool)[1]
    return {"right_labels": right(first(4)), "no_examples": right(first(0)),
            "shuffled_labels": right(lambda *asked: shuffle_values(first(4)(*asked), seed)),
            "new_right": followed(model, tokenizer, seed), "new_shuffled": followed(model, tokenizer, seed, mixed=True),
            "new_taught": taught(seed)}


@shuffled.told
def tell_shuffled(f: Figures) -> str:
    """The shares of both settings."""
    return (f"Facts: four examples give {share(f['right_labels'])}, with their labels shuffled "
            f"{share(f['shuffled_labels'])}, none {share(f['no_examples'])}. A new mapping of two labels, where a "
            f"guess has 50 %: {LINES} lines in the prompt {share(f['new_right'])}, with labels shuffled "
            f"{share(f['new_shuffled'])}; the same lines trained on, {share(f['new_taught'])}.")
