# %% [markdown] title
# # Exercise 01 · Prompting, built by hand
#
# Each task is a step up: one line, two functions, an experiment. You build from scratch what [lesson
# 01](../notebooks/01_prompting.ipynb) used ready-made. Below each task stands a check. Run it as often as
# you like: it names the likely mistake, and what you have solved is kept. Below the check, your own code
# meets the model.

# %% start
from collections import Counter
from statistics import mean

import torch

from course_lib import load_model, prompting
from course_lib.checks import check, passed
from course_lib.plots import curve, show
from course_lib.world import relations

model, tokenizer = load_model("orchard-s")
families = ["pome", "drupe", "hesperidium"]

# %% task 01.1

# %% your-prompt
if passed("01.1"):
    prompt = k_shot_prompt([("peach", "drupe"), ("plum", "drupe")], "cherry")
    print(prompt, prompting.complete(model, tokenizer, prompt))

# %% task 01.2

# %% [markdown] your-scores-question
# With the real model: one prompt, three answers. The library's function has to agree with yours.

# %% your-scores
if passed("01.2"):
    prompt, *ids = (torch.tensor(tokenizer(text).input_ids)                   # (P,), each (T,)
                    for text in ("peach: drupe\napple:", *(f" {one}\n" for one in families)))
    with torch.no_grad():
        texts = [torch.cat([prompt, answer]) for answer in ids]               # each (P + T,)
        outputs = [model(text[None]).logits[0] for text in texts]             # each (P + T, V)
    logits = [rows[-len(answer) - 1:] for rows, answer in zip(outputs, ids)]  # each (T + 1, V)
    library = prompting.score_choices(model, tokenizer, "peach: drupe\napple:", families)
    for family, mine, theirs in zip(families, score_choices(logits, ids).tolist(), library):
        print(f"{family:12} yours {mine:.4f}   the library's {theirs:.4f}")

# %% task 01.3

# %% [markdown] your-calibration-question
# With the real model: two drupes stand in the prompt, `N/A` says nothing, and every fruit that no list
# shows is asked for. Which family do the examples favour? Below you see the fruit on which your calibration
# changes most. Does it change for the better? And over all the fruits?

# %% your-calibration
if passed("01.3"):
    fruit = relations()["fruit_family"]
    choices = sorted(set(fruit.values()))
    prompts = [f"peach: drupe\nplum: drupe\n{query}:" for query in ("N/A", *fruit.held_out)]
    scores = torch.tensor(prompting.score_choices(model, tokenizer, prompts, choices))
    empty, asked = scores[0], scores[1:]                      # (C,), (B, C)
    after = calibrate(asked, empty)                           # (B, C), (C,) -> (B, C)
    most = (after - asked).abs().amax(dim=1).argmax().item()  # the fruit that changes most
    key = fruit.held_out[most]
    print(f"{'':12}   N/A  {key}  {key}, calibrated   (right: {fruit[key]})")
    for row in zip(choices, empty.tolist(), asked[most].tolist(), after[most].tolist()):
        print(f"{{:12}} {{:.3f}}  {{:{len(key)}.3f}}  {{:.3f}}".format(*row))
    right = torch.tensor([choices.index(fruit[query]) for query in fruit.held_out])    # (B,)
    for when, rows in (("before", asked), ("calibrated", after)):
        print(f"{when:12} {(rows.argmax(dim=1) == right).sum()} of {len(right)} fruits right")

# %% [markdown] your-calibration-finding
# Are fewer right after calibration? That is no mistake of yours: the check has passed. Dividing helps where
# a leaning is what misleads the model. The section on calibration in the lesson tells when it does harm.

# %% task 01.4

# %% [markdown] your-curve-question
# Your experiment on the real model: countries that stand in no list of its training text, and three seeds,
# so that you see how much the draw of the examples matters. The control is the same model with random
# weights.

# %% your-measurement
def asker(model, tokenizer, said):
    """A function prompt -> text for your accuracy_curve; it notes every answer in `said`."""
    def ask(prompt):
        said[prompt] = prompting.complete(model, tokenizer, prompt)
        return said[prompt]
    return ask


def measured(ask, pairs, ks, seeds):
    """Mean, lowest and highest share for each k, over the seeds."""
    curves = [accuracy_curve(ask, pairs, ks, seed) for seed in seeds]
    return tuple([pick(shares) for shares in zip(*curves)] for pick in (mean, min, max))

# %% your-curve
if passed("01.4"):
    relation = relations()["country_capital"]  # then try "fruit_family", "animal_class", "opposite"
    pairs, ks, said = [(key, relation[key]) for key in relation.held_out], [0, 1, 2, 4], {}
    untrained = asker(*load_model("orchard-s", random=True), {})
    series = {"orchard-s": measured(asker(model, tokenizer, said), pairs, ks, seeds=range(3)),
              "random weights": measured(untrained, pairs, ks, seeds=[0])}
    told = "; ".join(f"{name} " + ", ".join(f"{share:.2f}" for share in shares)
                     for name, (shares, low, high) in series.items())
    show(curve(ks, series, x_label="examples, k", y_label="share, right answers", y_limits=(0, 1)),
         alt=f"Share of right answers for k = {', '.join(map(str, ks))}: {told}.",
         caption=f"{len(pairs)} questions; the band spans three draws of examples (control: one).")

# %% [markdown] your-wrong-answers-question
# A share hides what went wrong. So look at the wrong answers with the most examples: are they nonsense, or
# are they good answers to another question? In brackets stands the list in which such an answer occurs.

# %% your-wrong-answers
if passed("01.4"):
    lists = {value: name.replace("_", " ")
             for name, one in relations().items() for value in one.values()}
    wrong = Counter()
    for prompt, text in said.items():
        *examples, query = prompt.removesuffix(":").split("\n")
        if len(examples) == ks[-1] and text != relation[query]:
            wrong[query, text] += 1
    print(f"With {ks[-1]} examples, {wrong.total()} wrong answers in three draws:")
    for (query, text), n in wrong.most_common():
        print(f"{n} × {query}: {text} ({lists.get(text, 'no list')}), right is {relation[query]}")

# %% [markdown] end
# You have built a prompt, a score, a calibration and a measurement. To see what you have solved so far, run
# `%run -m course_lib.cli progress` in a cell.
