# %% [markdown] title
# # Exercise 09 · Forgetting, measured and mended
#
# Each task is a step up: one line, a sum, a fair comparison, what makes the batches. You build from scratch what
# [lesson 09](../notebooks/09_forgetting.ipynb) explains. Below each task stands a check. Run it as often as you like:
# it names the likely mistake, and what you have solved is kept. Below the check, your own code meets the model.

# %% start
import torch

from course_lib import evaluate, load_model, load_task
from course_lib.checks import check, passed
from course_lib.evaluation import old_domain_loss
from course_lib.plots import curve, show

model, tokenizer = load_model("orchard-s")
tasks = {name: load_task(name) for name in ("reviews", "spam")}

# %% task 09.1

# %% [markdown] your-line-question
# With the real model: train all of it on labelled reviews, with the plainest loop there is, and walk along your line
# from the base to what came out. Where is it right, and what does it cost of the old text?

# %% your-loss
def loss_of(model, rows):
    """The mean loss of each answer's first token. Padded on the left: all prompts end together."""
    batch = tokenizer(rows["prompt"][:], padding=True, padding_side="left", return_tensors="pt")
    first = [tokenizer(f" {answer}")["input_ids"][0] for answer in rows["answer"]]
    last = model(**{name: batch[name] for name in ("input_ids", "attention_mask")},
                 logits_to_keep=1).logits[:, -1]                            # (B, V)
    return torch.nn.functional.cross_entropy(last, torch.tensor(first))     # (B, V), (B,) -> ()


def batches_of(name, steps):
    """The task's first rows, 16 for each step."""
    return [tasks[name]["train"].select(range(16 * step, 16 * step + 16)) for step in range(steps)]

# %% your-loop
def train(model, batches, rate=3e-4, look=None):
    """A step for each batch, on every parameter. Every eighth step `look(model)` looks at it."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.0)
    for step, rows in enumerate(batches, start=1):
        loss = loss_of(model, rows)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if look and step % 8 == 0:
            look(model)
    return model

# %% your-models
def made_of(state):
    """A model with these weights."""
    made, _ = load_model("orchard-s")
    made.load_state_dict(state)
    return made


weights_after = {}                   # trained once, however often you run a cell


def trained_on(name):
    """The weights of the base after 32 steps on a task."""
    if name not in weights_after:
        weights_after[name] = train(made_of(model.state_dict()), batches_of(name, 32)).state_dict()
    return weights_after[name]


def right_on(model, name):
    """The share of right answers to 100 test rows, with its interval."""
    return evaluate(model, tokenizer, tasks[name]["test"].select(range(100)))

# %% your-line
if passed("09.1"):
    alphas, found = (0, 0.25, 0.5, 0.75, 1), []
    for alpha in alphas:
        point = made_of(interpolate(model.state_dict(), trained_on("reviews"), alpha))
        found.append(right_on(point, "reviews"))
        old = old_domain_loss(point, tokenizer, n_documents=20)
        print(f"alpha {alpha:<4}: right {found[-1]['accuracy']:.2f}, loss on old text {old:.3f}")

# %% your-picture
if passed("09.1"):
    right, low, high = ([one[key] for one in found] for key in ("accuracy", "low", "high"))
    told = ", ".join(f"{alpha}: {share:.2f}" for alpha, share in zip(alphas, right))
    show(curve(alphas, {"your line": (right, low, high)}, x_label="alpha: 0 is the base",
               y_label="share of right answers", y_limits=(0, 1), baselines={"guessing": 0.5}),
         alt=f"A line with the share of right answers by alpha: {told}.",
         caption="n = 100 test reviews, one training. Band: 95 % intervals.")

# %% task 09.2

# %% [markdown] your-sum-question
# With the real model: one training on reviews, another on spam, both from the base. Does your sum know both tasks? The
# controls are each of them alone, and the mean of the two.

# %% your-sum
if passed("09.2"):
    learned = [trained_on("reviews"), trained_on("spam")]
    for said, weights in (("base", (0, 0)), ("reviews alone", (1, 0)), ("spam alone", (0, 1)),
                          ("your sum", (1, 1)), ("the mean", (0.5, 0.5))):
        added = made_of(add_tasks(model.state_dict(), learned, weights))
        shares = [f"{name} {right_on(added, name)['accuracy']:.2f}" for name in tasks]
        print(f"{said:>13}: right on {', on '.join(shares)}")

# %% task 09.3

# %% [markdown] your-level-question
# With the real model: train at a higher rate and at a lower one, and look at every eighth step. Which one has forgotten
# more after equally many steps, and which at the same loss on the task?

# %% your-level
if passed("09.3"):
    watched, level = tasks["reviews"]["validation"].select(range(50)), 0.5
    print(f"old text, before any step: {old_domain_loss(model, tokenizer, n_documents=10):.3f}")
    for rate in (1e-3, 3e-4):
        losses, olds = [], []

        def look(model):
            """Notes the loss on validation rows, and on old text."""
            with torch.no_grad():
                losses.append(loss_of(model, watched).item())
            olds.append(old_domain_loss(model, tokenizer, n_documents=10))

        train(made_of(model.state_dict()), batches_of("reviews", 24), rate, look)
        print(f"rate {rate:g}: losses {', '.join(f'{loss:.2f}' for loss in losses)}\n"
              f"  old text: {olds[-1]:.3f} after the last step, "
              f"{at_level(losses, olds, level):.3f} at the level {level}")

# %% task 09.4

# %% [markdown] your-replay-question
# With the real model: what was trained on reviews now learns spam. 64 of the old reviews are kept. How much of its
# first task is left without them, and how much with an eighth of each batch?

# %% your-replay
def mixed_batches(share, steps=32):
    """Your batches of 16 rows: spam, and this share of old reviews."""
    both = ["prompt", "answer"]
    new = tasks["spam"]["train"].select(range(512)).select_columns(both)
    old = tasks["reviews"]["train"].select(range(64)).select_columns(both)
    drawn = torch.Generator().manual_seed(0)
    places = replay_batches(len(new), len(old), 16, share, steps,
                            lambda n: torch.randperm(n, generator=drawn).tolist())
    return [{name: new[fresh][name] + old[kept][name] for name in both} for fresh, kept in places]


if passed("09.4"):
    for share in (0, 0.125):
        after = train(made_of(trained_on("reviews")), mixed_batches(share))
        shares = [f"{name} {right_on(after, name)['accuracy']:.2f}" for name in tasks]
        print(f"share {share:g}: right on {', on '.join(shares)}")

# %% [markdown] end
# You have mixed models, added tasks, compared what they forgot, and kept the old rows in play. To see what you have
# solved so far, run `%run -m course_lib.cli progress` in a cell.
