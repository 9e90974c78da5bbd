# %% [markdown] title
# # Exercise 01 · Prompting, built by hand
#
# Four tasks, each a step up: one line, two functions, an experiment. You build from scratch what [lesson
# 01](../notebooks/01_prompting.ipynb) used ready-made. Below each task stands a check. Run it as often as
# you like: it names the likely mistake, and what you have solved is kept. Below the check, your own code
# meets the model.

# %% start
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
    prompt = tokenizer("peach: drupe\napple:", return_tensors="pt").input_ids[0]    # (P,)
    ids = [tokenizer(f" {one}\n", return_tensors="pt").input_ids[0] for one in families]    # each (T,)
    with torch.no_grad():
        outputs = [model(torch.cat([prompt, answer])[None]).logits[0] for answer in ids]    # (P + T, V)
    logits = [rows[-len(answer) - 1:] for rows, answer in zip(outputs, ids)]    # (T + 1, V)
    library = prompting.score_choices(model, tokenizer, "peach: drupe\napple:", families)
    for family, mine, theirs in zip(families, score_choices(logits, ids).tolist(), library):
        print(f"{family:12} yours {mine:.4f}   the library's {theirs:.4f}")

# %% task 01.3

# %% [markdown] your-calibration-question
# With the real model: the question is `lemon`, and `N/A` says nothing. Which family did the examples favour?

# %% your-calibration
if passed("01.3"):
    examples = "plum: drupe\npear: pome\n"
    asked, empty = (torch.tensor(prompting.score_choices(model, tokenizer, f"{examples}{query}:", families))
                    for query in ("lemon", "N/A"))    # (C,), (C,)
    after = calibrate(asked[None], empty)[0]    # (1, C) -> (C,)
    for row in zip(families, empty.tolist(), asked.tolist(), after.tolist()):
        print("{:12} N/A {:.3f}   lemon {:.3f}   lemon, calibrated {:.3f}".format(*row))

# %% task 01.4

# %% [markdown] your-curve-question
# Your experiment on the real model: countries that stand in no list of its training text, and three seeds,
# so that you see how much the draw of the examples matters. The control is the same model with random
# weights.

# %% your-curve
def measured(model, tokenizer, seeds) -> tuple:
    """Mean, lowest and highest share for each k, over the seeds."""
    def ask(prompt):
        return prompting.complete(model, tokenizer, prompt)
    curves = [accuracy_curve(ask, pairs, ks, seed) for seed in seeds]
    return tuple([pick(shares) for shares in zip(*curves)] for pick in (mean, min, max))


if passed("01.4"):
    relation = relations()["country_capital"]    # then try "fruit_family", "animal_class", "opposite"
    pairs, ks = [(key, relation[key]) for key in relation.held_out], [0, 1, 2, 4]
    series = {"orchard-s": measured(model, tokenizer, seeds=range(3)),
              "random weights": measured(*load_model("orchard-s", random=True), seeds=[0])}
    shares = ", ".join(f"{share:.2f}" for share in series["orchard-s"][0])
    axes = curve(ks, series, x_label="examples, k", y_label="share of right answers", y_limits=(0, 1))
    show(axes, alt=f"Share of right answers of orchard-s for k in {ks}: {shares}.",
         caption=f"{len(pairs)} questions; the band spans three draws of the examples (the control has one).")

# %% [markdown] end
# You have built a prompt, a score, a calibration and a measurement. `course progress` in a terminal shows
# what you have solved so far.
