# %% [markdown] title
# # Exercise 03 · What to train
#
# Each task is a step up: one line, a vote, a label model, and two stages of training. You build from scratch
# what [lesson 03](../notebooks/03_what_to_train.ipynb) explains. Below each task stands a check. Run it as often
# as you like: it names the likely mistake, and what you have solved is kept. Below the check, your own code
# meets the model or the rules.

# %% start
import torch

from course_lib import load_model, load_task
from course_lib.checks import check, passed
from course_lib.methods import Frozen
from course_lib.plots import bars, show
from course_lib.weak_supervision import RULES, votes_of

model, tokenizer = load_model("orchard-s")
task = load_task("reviews")

# %% task 03.1

# %% [markdown] your-names-question
# With the real model: what your function says is trained, against what the course's `Frozen` really trains.

# %% your-names
if passed("03.1"):
    every_name = [name for name, _ in model.named_parameters()]
    for parts in (["model.layers.1"], ["model.layers.0.mlp", "model.norm"], ["model.norm.weight"]):
        mine = trained_names(every_name, parts)
        theirs = [names[0] for names in Frozen(model, train=tuple(parts)).names]
        print(f"{', '.join(parts)}: {len(mine)} parameters; as Frozen says: {mine == theirs}")

# %% task 03.2

# %% [markdown] your-vote-question
# With real reviews and the lesson's five rules: on how many does your vote speak, and how often is it right? The
# control says positive where yours abstains.

# %% your-vote
reviews = task["train"].select(range(1000, 2000))
votes = votes_of(reviews["text"][:])                                        # (n, m): 1, -1 or 0
truth = [2 * label - 1 for label in reviews["label"][:]]


def right_share(signs):
    """(the share of reviews with a label, the share of right ones among these)"""
    given = [(sign, side) for sign, side in zip(signs, truth) if sign]
    return len(given) / len(truth), sum(sign == side for sign, side in given) / len(given)


if passed("03.2"):
    voted = majority_vote(votes.tolist())
    print("it speaks on {:.0%} of the reviews and is right in {:.0%}".format(*right_share(voted)))
    forced = [sign or 1 for sign in voted]                     # positive where it abstains
    print("without abstaining: on {:.0%}, right in {:.0%}".format(*right_share(forced)))

# %% task 03.3

# %% [markdown] your-label-model-question
# The same votes, and your label model. How near do its beliefs come to the truth, which it has not seen?

# %% your-label-model
if passed("03.3"):
    believed, positive = map(torch.as_tensor, label_model(votes, rounds=50))
    for place, rule in enumerate(RULES):
        cast = [(vote, side) for vote, side in zip(votes[:, place].tolist(), truth) if vote]
        right = sum(vote == side for vote, side in cast) / len(cast)
        print(f"{rule.__name__:>13}: believed {believed[place].item():.0%}, in truth {right:.0%}")
    sure = [(p >= 0.8) - (p <= 0.2) for p in positive.tolist()]
    print("it is sure of {:.0%} of the reviews, and right in {:.0%}".format(*right_share(sure)))

# %% task 03.4

# %% [markdown] your-stages-question
# Now your two stages with the real model as the body. A small module makes it one: it reads tokens, and gives the
# last hidden state of each text. Few rows and few steps, so that it is quick; look at what the losses do at the
# border between the stages. (They may jump: AdamW's first step moves every number by the whole rate.)

# %% your-body
class Body(torch.nn.Module):
    """Token ids (B, T), padded on the left -> the last hidden states (B, d)."""

    def __init__(self, model, pad):
        super().__init__()
        self.reader, self.pad = model.base_model, pad

    def forward(self, ids):
        mask = (ids != self.pad).long()
        places = (mask.cumsum(1) - 1).clamp(0)
        hidden = self.reader(input_ids=ids, attention_mask=mask, position_ids=places)
        return hidden.last_hidden_state[:, -1]                              # (B, T, d) -> (B, d)


def ids_of(rows):
    """The prompts' tokens, padded on the left: all end together."""
    batch = tokenizer(rows["prompt"][:], padding=True, padding_side="left", return_tensors="pt")
    return batch["input_ids"], torch.tensor(rows["label"][:])

# %% your-stages
if passed("03.4"):
    torch.manual_seed(0)
    tuned, _ = load_model("orchard-s")
    body, head = Body(tuned, tokenizer.pad_token_id), torch.nn.Linear(128, 2)
    ids, labels = ids_of(task["train"].select(range(48)))
    losses = probe_then_tune(body, head, ids, labels, 8, head_rate=1e-2, body_rate=3e-4)
    print("the probe's losses:", " ".join(f"{loss:.2f}" for loss in losses[:8]))
    print("then of everything:", " ".join(f"{loss:.2f}" for loss in losses[8:]))

# %% your-measurement
if passed("03.4"):
    test = task["test"].select(range(150))
    ids, labels = ids_of(test)
    torch.manual_seed(0)
    with torch.no_grad():
        right = (head(body(ids)).argmax(1) == labels).float().mean().item()
        states = Body(model, tokenizer.pad_token_id)(ids)      # the control: no training
        blank = [torch.nn.Linear(128, 2)(states).argmax(1) == labels for _ in range(50)]
    shares = {"50 random heads on the base, mean": torch.stack(blank).float().mean().item(),
              "your two stages": right}
    told = ", ".join(f"{name} {share:.2f}" for name, share in shares.items())
    show(bars(list(shares), list(shares.values()), limit=1, highlight=["your two stages"],
              x_label="share of right answers", baselines={"guessing": 0.5}),
         alt=f"Bars with the share of right answers: {told}.",
         caption=f"n = {len(test)} test reviews; 48 labels, 8 steps in each stage.")

# %% [markdown] end
# You have frozen, voted, weighed the votes, and trained in two stages. To see what you have solved so far, run
# `%run -m course_lib.cli progress` in a cell.
