"""What lesson 01 measures, on pairs that no list in the training text ever showed (the reported half).

Every relation counts once: a figure is the mean over relations of the mean over their keys.
"""
from statistics import mean

from course_lib.claims import FAILS, HOLDS, LIMITED, Claim, Figure, Verdict
from course_lib.models import load_model, weights_hash
from course_lib.prompting import complete, draw_examples, entropy, exact_match, few_shot, score_choices
from course_lib.world import load_task, relations

K = (0, 1, 2, 4, 8)


def ask(model, tokenizer, relation, k: int, seed: int) -> tuple[float, float]:
    """(share of answers that are some value of the relation, share that are right) after k examples."""
    keys = relation.report
    prompts = [few_shot(draw_examples(relation, k, f"{seed} {key}", exclude=(key,)), key) for key in keys]
    answers = complete(model, tokenizer, prompts, max_new_tokens=8)
    values = set(relation.values())
    return mean(a in values for a in answers), mean(a == relation[key] for a, key in zip(answers, keys))


def over_relations(model, tokenizer, k: int, seed: int) -> tuple[float, float]:
    """The two shares of `ask`, averaged over all list relations."""
    shares = [ask(model, tokenizer, relation, k, seed) for relation in relations().values()]
    return mean(valid for valid, _ in shares), mean(right for _, right in shares)


def points(figure: Figure) -> str:
    """A share in percent, with its spread over seeds."""
    return f"{100 * figure.mean:.0f} %" + (f" (± {100 * figure.spread:.0f})" if figure.spread >= 0.005 else "")


def platform(seed: int) -> dict[str, float]:
    """Label words scored by the bare model, after four examples, and by the model tuned on 1,000 labels."""
    from course_lib.bench.prototypes import label_accuracy, tuned_accuracy

    task = load_task("reviews")
    names, test = task["train"].features["label"].names, task["test"].shuffle(seed=seed).select(range(200))
    model, tokenizer = load_model("orchard-s")
    bare = label_accuracy(model, tokenizer, test, names)
    tuned = tuned_accuracy(model, tokenizer, task["train"].select(range(1000)), test, "full", 1e-3, seed)
    return {"chance": 1 / len(names), "base": bare, "tuned": tuned}


def judge_platform(f):
    because = (f"Choosing between two label words, the bare model is right in {points(f['base'])} of the reviews, guessing "
               f"in {points(f['chance'])}, and after fine-tuning in {points(f['tuned'])}.")
    far = f["tuned"].mean - f["base"].mean >= 0.15
    return Verdict(HOLDS if far else FAILS, because)


def one_example(seed: int) -> dict[str, float]:
    """Zero and one example, with an untrained model as control."""
    model, tokenizer = load_model("orchard-s")
    untrained, _ = load_model("orchard-s", random=True, seed=seed)
    valid_0, right_0 = over_relations(model, tokenizer, 0, seed)
    valid_1, right_1 = over_relations(model, tokenizer, 1, seed)
    return {"valid_0": valid_0, "right_0": right_0, "valid_1": valid_1, "right_1": right_1,
            "untrained_1": over_relations(untrained, tokenizer, 1, seed)[1]}


def judge_one_example(f):
    because = (f"With no example {points(f['valid_0'])} of the answers have the right form and {points(f['right_0'])} are right; "
               f"with one, {points(f['valid_1'])} and {points(f['right_1'])}. Untrained: {points(f['untrained_1'])}.")
    up = f["valid_1"].mean - f["valid_0"].mean >= 0.1
    return Verdict((HOLDS if f["right_1"].mean > f["right_0"].mean + 0.1 else LIMITED) if up else FAILS, because)


def several_examples(seed: int) -> dict[str, float]:
    """The share of right answers for 0, 1, 2, 4 and 8 examples."""
    model, tokenizer = load_model("orchard-s")
    return {f"right_{k}": over_relations(model, tokenizer, k, seed)[1] for k in K}


def judge_several_examples(f):
    shares = ", ".join(f"{points(f[f'right_{k}'])} (k = {k})" for k in K)
    gain = max(f[f"right_{k}"].mean for k in (2, 4, 8)) - f["right_1"].mean
    if gain > f["right_1"].mean - f["right_0"].mean:
        word, more = HOLDS, "the later examples bring more than the first"
    else:
        helps = gain > max(0.03, 2 * f["right_1"].spread)
        word, more = LIMITED, "one example does most of it" + (", further ones help a little" if helps else "")
    return Verdict(word, f"Right answers: {shares}: {more}.")


def ambiguity(seed: int) -> dict[str, float]:
    """How undecided the model is between a fruit's family, a colour, an origin and a company's product, in bits."""
    model, tokenizer = load_model("orchard-s")
    world = relations()
    kinds = ("fruit_family", "fruit_colour", "fruit_origin", "company_product", "company_country")
    homonyms = [key for key in world["company_product"] if key in world["fruit_family"]]

    def bits(k: int) -> float:
        found = []
        for key in homonyms:
            values = [{world[kind][key] for kind in kinds[:3]}, {world[kind][key] for kind in kinds[3:]}]
            choices = sorted(set.union(*values))
            prompt = few_shot(draw_examples(world["fruit_family"], k, f"{seed} {key}", exclude=(key,)), key)
            found.append(entropy(score_choices(model, tokenizer, prompt, choices)))
        return mean(found)

    return {"bits_0": bits(0), "bits_1": bits(1), "bits_4": bits(4)}


def judge_ambiguity(f):
    because = (f"Over names that a fruit shares with a company, the answers' entropy is {f['bits_0']} bits with no example, "
               f"{f['bits_1']} with one and {f['bits_4']} with four.")
    return Verdict(HOLDS if f["bits_4"].mean < f["bits_0"].mean - 0.1 else FAILS, because)


def unchanged(seed: int) -> dict[str, float]:
    """Parameters and hash of the weights before and after prompting."""
    model, tokenizer = load_model("orchard-s")
    before, count = weights_hash(model), sum(p.numel() for p in model.parameters())
    over_relations(model, tokenizer, 1, seed)
    return {"added": sum(p.numel() for p in model.parameters()) - count, "changed": float(weights_hash(model) != before)}


def judge_unchanged(f):
    same = f["added"].mean == 0 and f["changed"].mean == 0
    because = (f"Parameters added: {f['added'].mean:.0f}. The hash of all weights after the questions is "
               f"{'another one' if f['changed'].mean else 'the same as before'}.")
    return Verdict(HOLDS if same else FAILS, because)


def shuffled(seed: int) -> dict[str, float]:
    """Four examples with their own labels, with each other's labels, and no example, on relations whose values repeat."""
    model, tokenizer = load_model("orchard-s")
    pool = [r for r in relations().values() if r.values_repeat]
    share = lambda k, mixed: mean(
        mean(exact_match(model, tokenizer, r, r.report, k, seed, shuffle_labels=mixed)) for r in pool
    )
    return {"right_labels": share(4, False), "shuffled_labels": share(4, True), "no_examples": share(0, False)}


def judge_shuffled(f):
    cost = f["right_labels"].mean - f["shuffled_labels"].mean
    gain = f["right_labels"].mean - f["no_examples"].mean
    because = (f"Four examples give {points(f['right_labels'])}; with their labels shuffled {points(f['shuffled_labels'])}; "
               f"with no example {points(f['no_examples'])}.")
    if gain <= 0.05 or cost < 0.2 * gain:
        return Verdict(FAILS, because + " The labels hardly matter: the examples show the form, they do not teach the pairs.")
    return Verdict(LIMITED if cost < 0.8 * gain else HOLDS, because)


CLAIMS = [
    Claim("C02", "Writing text is not yet solving a task: the base model is a platform, not a solution", "S1",
          platform, judge_platform, core=True, tolerance=0.1),
    Claim("C68", "One example sets the format (peach: drupe / apple: ___)", "S1", one_example, judge_one_example, core=True),
    Claim("C69", "Sometimes several examples are needed (plum: drupe / pear: pome / lemon: ___)", "S1",
          several_examples, judge_several_examples, core=True),
    Claim("C70", "Zero-shot “apple: ___” is ambiguous: fruit or company", "S1", ambiguity, judge_ambiguity, core=True,
          tolerance=0.1),
    Claim("C71", "Prompting neither adds nor changes parameters", "S1", unchanged, judge_unchanged, core=True, tolerance=0.0),
    Claim("C72", "Few-shot lines are training examples", "S1", shuffled, judge_shuffled, core=True, tolerance=0.1),
]
