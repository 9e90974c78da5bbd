# %% [markdown] statement
# ## Task 10.4 · Learn from pairs, without a reward model
#
# Build DPO's loss for a batch, from its tokens on. `chosen` and `rejected` hold `B` answers each; row by row, both
# answer one prompt, and the first was preferred. Each is a dict:
#
# - `"ids"`, shape `(B, T)`: each row has a prompt, an answer, the token `end`, and padding. Padding has no token of its
#   own: rows are **filled up with `end`**, as is often done. In a prompt `end` may stand, too, and an answer that was
#   cut off has none;
# - `"prompt"`, shape `(B,)`: how many tokens of the row are the prompt's;
# - `"policy"` and `"reference"`, shape `(B, T)`: the log probability of each of these tokens, as the model sees it that
#   is trained, and as it was before.
#
# An answer is what follows the prompt, up to and with its **first** `end`: to stop there has to be learned, too. Its
# log probability is the sum of those of its tokens. With $g = \ln \pi(y) - \ln \pi_{\text{ref}}(y)$, the loss is
#
# $$-\ln \sigma\bigl(\beta\,(g_{\text{chosen}} - g_{\text{rejected}})\bigr),$$
#
# the mean over the pairs, a tensor of shape `()`. The reference is frozen: no gradient goes into it.

# %% stub
import torch
from torch.nn.functional import logsigmoid


def dpo_loss(chosen: dict[str, torch.Tensor], rejected: dict[str, torch.Tensor], end: int,
             beta: float) -> torch.Tensor:
    """-ln sigmoid(beta (g_chosen - g_rejected)), the mean over pairs: ()."""
    raise NotImplementedError

# %% reference
import torch
from torch.nn.functional import logsigmoid


def dpo_loss(chosen: dict[str, torch.Tensor], rejected: dict[str, torch.Tensor], end: int,
             beta: float) -> torch.Tensor:
    """-ln sigmoid(beta (g_chosen - g_rejected)), the mean over pairs: ()."""

    def gained(answers):
        ids = answers["ids"]                                                         # (B, T)
        behind = torch.arange(ids.shape[1]) >= answers["prompt"][:, None]   # (B, T)
        ends = (ids == end) & behind
        mask = behind & (ends.cumsum(1) - ends.long() == 0)              # no end before it
        return ((answers["policy"] - answers["reference"].detach()) * mask).sum(1)   # (B,)

    return -logsigmoid(beta * (gained(chosen) - gained(rejected))).mean()

# %% checks
import random

import torch

from course_lib.checks.probing import gradients, watched

TASK = "10.4"
TOLERANCE = 1e-5
DRAWS = 5


def draw(seed: int) -> dict:
    """One pair to three. Prompts of two tokens to four, in some draws with an end inside of them; answers of one
    token, the end alone, to five, with numbers below and above that of the end; some are cut off before it. What is
    said of a prompt's tokens differs in the two rows of a pair, as with dropout.
    """
    rng = random.Random(seed)
    B, end = [2, 3, 1, 2, 3][seed % 5], [0, 3, 7, 0, 5][seed % 5]
    prompts = [[rng.choice([11, 12, 13, 14]) for _ in range(rng.choice([2, 3, 4]))] for _ in range(B)]
    if seed % 2:
        prompts[0][rng.choice([0, 1])] = end

    def answers(lengths: list[int], cut: int) -> dict:
        """Answers of these lengths, their end included; number `cut` has none, and nothing behind it."""
        rows = [prompt + [rng.choice([1, 2, 21, 22]) for _ in range(length - 1)] + [end]
                for prompt, length in zip(prompts, lengths)]
        T = max(map(len, rows)) + (cut < 0)
        if cut >= 0:
            rows[cut] = rows[cut][:-1] + [25] * (T - len(rows[cut]) + 1)
        log_probs = lambda: torch.tensor([[0.0] + [round(rng.uniform(-4, -0.1), 2) for _ in range(T - 1)]
                                          for _ in rows])
        return {"ids": torch.tensor([row + [end] * (T - len(row)) for row in rows]),
                "prompt": torch.tensor([len(prompt) for prompt in prompts]),
                "policy": log_probs(), "reference": log_probs()}

    chosen = answers([[3, 2], [1, 4, 2], [3], [2, 4], [5, 1, 3]][seed % 5], [-1, -1, -1, 0, 2][seed % 5])
    rejected = answers([[2, 5], [3, 2, 1], [2], [4, 1], [2, 4, 3]][seed % 5], [1, -1, -1, -1, 0][seed % 5])
    return {"chosen": chosen, "rejected": rejected, "end": end, "beta": [0.1, 0.5, 0.3, 0.2, 1.0][seed % 5]}


def probe(dpo_loss, chosen, rejected, end, beta) -> dict:
    """The loss, which gradients it lets through, and which inputs it changes."""
    leaves = [{name: one.clone().requires_grad_() if one.is_floating_point() else one for name, one in answers.items()}
              for answers in (chosen, rejected)]
    say = watched(dpo_loss)
    loss = say(*({name: one.clone() for name, one in answers.items()} for answers in leaves), end, beta)
    return {"the loss": loss, "inputs changed": say.changed,
            "gradients": gradients(loss, chosen=leaves[0]["policy"], rejected=leaves[1]["policy"],
                                   reference=[answers["reference"] for answers in leaves])}

# %% wrong end_never_learned
# You leave out the end of each answer, perhaps because it equals the padding, which is the same token. The model then
# learns what to write, and never to stop. The first `end` behind the prompt belongs to the answer; those after it are
# padding.
import torch
from torch.nn.functional import logsigmoid

def dpo_loss(chosen, rejected, end, beta):
    def gained(answers):
        ids = answers["ids"]
        behind = torch.arange(ids.shape[1]) >= answers["prompt"][:, None]
        mask = behind & (ids != end)
        return ((answers["policy"] - answers["reference"].detach()) * mask).sum(1)

    return -logsigmoid(beta * (gained(chosen) - gained(rejected))).mean()

# %% wrong padding_counted
# You count the padding behind the answers. An answer goes up to its first `end` behind the prompt; what follows is only
# filled up.
import torch
from torch.nn.functional import logsigmoid

def dpo_loss(chosen, rejected, end, beta):
    def gained(answers):
        ids = answers["ids"]
        behind = torch.arange(ids.shape[1]) >= answers["prompt"][:, None]
        return ((answers["policy"] - answers["reference"].detach()) * behind).sum(1)

    return -logsigmoid(beta * (gained(chosen) - gained(rejected))).mean()

# %% wrong prompt_counted
# You count the prompt's tokens. Nobody preferred them. Where both rows say exactly the same of them they cancel out,
# and you are right by luck; with dropout, or a prompt that was cut off, they do not. Begin behind the prompt.
import torch
from torch.nn.functional import logsigmoid

def dpo_loss(chosen, rejected, end, beta):
    def gained(answers):
        ids = answers["ids"]
        behind = torch.arange(ids.shape[1]) >= answers["prompt"][:, None]
        ends = (ids == end) & behind
        mask = ends.cumsum(1) - ends.long() == 0
        return ((answers["policy"] - answers["reference"].detach()) * mask).sum(1)

    return -logsigmoid(beta * (gained(chosen) - gained(rejected))).mean()

# %% wrong end_in_the_prompt
# You look for the first `end` in the whole row. One inside of the prompt then cuts off the answer. Look for it behind
# the prompt.
import torch
from torch.nn.functional import logsigmoid

def dpo_loss(chosen, rejected, end, beta):
    def gained(answers):
        ids = answers["ids"]
        behind = torch.arange(ids.shape[1]) >= answers["prompt"][:, None]
        ends = ids == end
        mask = behind & (ends.cumsum(1) - ends.long() == 0)
        return ((answers["policy"] - answers["reference"].detach()) * mask).sum(1)

    return -logsigmoid(beta * (gained(chosen) - gained(rejected))).mean()

# %% wrong last_of_the_prompt_counted
# You begin one token too early, with the last one of the prompt. The log probabilities are those of the tokens
# themselves, not of what comes after them: with a prompt of 3 tokens the answer begins at place 3.
import torch
from torch.nn.functional import logsigmoid

def dpo_loss(chosen, rejected, end, beta):
    def gained(answers):
        ids = answers["ids"]
        places = torch.arange(ids.shape[1])
        ends = (ids == end) & (places >= answers["prompt"][:, None])
        mask = (places >= answers["prompt"][:, None] - 1) & (ends.cumsum(1) - ends.long() == 0)
        return ((answers["policy"] - answers["reference"].detach()) * mask).sum(1)

    return -logsigmoid(beta * (gained(chosen) - gained(rejected))).mean()

# %% wrong first_token_left_out
# You leave out the first token of each answer. Places count from 0, so with a prompt of 3 tokens the answer begins at
# place 3. (Were these logits, you would need those of the place before; they are the tokens' own log probabilities.)
import torch
from torch.nn.functional import logsigmoid

def dpo_loss(chosen, rejected, end, beta):
    def gained(answers):
        ids = answers["ids"]
        places = torch.arange(ids.shape[1])
        ends = (ids == end) & (places >= answers["prompt"][:, None])
        mask = (places > answers["prompt"][:, None]) & (ends.cumsum(1) - ends.long() == 0)
        return ((answers["policy"] - answers["reference"].detach()) * mask).sum(1)

    return -logsigmoid(beta * (gained(chosen) - gained(rejected))).mean()

# %% wrong mean_of_tokens
# You take the mean over an answer's tokens. The probability of an answer is the product of its tokens' probabilities,
# so its logarithm is their **sum**. (With the mean it is another loss, which some use against answers that grow
# longer.)
import torch
from torch.nn.functional import logsigmoid

def dpo_loss(chosen, rejected, end, beta):
    def gained(answers):
        ids = answers["ids"]
        behind = torch.arange(ids.shape[1]) >= answers["prompt"][:, None]
        ends = (ids == end) & behind
        mask = behind & (ends.cumsum(1) - ends.long() == 0)
        return ((answers["policy"] - answers["reference"].detach()) * mask).sum(1) / mask.sum(1)

    return -logsigmoid(beta * (gained(chosen) - gained(rejected))).mean()

# %% wrong reference_not_frozen
# The loss is right, and a gradient goes into the reference. Then it can fall because the reference changes, and nothing
# holds the policy any more. Detach it: answers["reference"].detach().
import torch
from torch.nn.functional import logsigmoid

def dpo_loss(chosen, rejected, end, beta):
    def gained(answers):
        ids = answers["ids"]
        behind = torch.arange(ids.shape[1]) >= answers["prompt"][:, None]
        ends = (ids == end) & behind
        mask = behind & (ends.cumsum(1) - ends.long() == 0)
        return ((answers["policy"] - answers["reference"]) * mask).sum(1)

    return -logsigmoid(beta * (gained(chosen) - gained(rejected))).mean()

# %% wrong reference_forgotten
# The reference is missing. Without it you do not ask how far the policy has **moved** in favour of the chosen answer,
# but which one is more probable, and that depends on how long and how common they are. Subtract its log probabilities.
import torch
from torch.nn.functional import logsigmoid

def dpo_loss(chosen, rejected, end, beta):
    def gained(answers):
        ids = answers["ids"]
        behind = torch.arange(ids.shape[1]) >= answers["prompt"][:, None]
        ends = (ids == end) & behind
        mask = behind & (ends.cumsum(1) - ends.long() == 0)
        return (answers["policy"] * mask).sum(1)

    return -logsigmoid(beta * (gained(chosen) - gained(rejected))).mean()

# %% wrong chosen_and_rejected_swapped
# Your margin has the wrong sign, so the rejected answer is what the model learns. Either chosen and rejected are
# swapped, or policy and reference.
import torch
from torch.nn.functional import logsigmoid

def dpo_loss(chosen, rejected, end, beta):
    def gained(answers):
        ids = answers["ids"]
        behind = torch.arange(ids.shape[1]) >= answers["prompt"][:, None]
        ends = (ids == end) & behind
        mask = behind & (ends.cumsum(1) - ends.long() == 0)
        return ((answers["policy"] - answers["reference"].detach()) * mask).sum(1)

    return -logsigmoid(beta * (gained(rejected) - gained(chosen))).mean()

# %% wrong no_log
# The logarithm of the sigmoid is missing. A pair that is judged quite wrongly then has hardly any gradient. Use
# `logsigmoid`.
import torch
from torch.nn.functional import logsigmoid

def dpo_loss(chosen, rejected, end, beta):
    def gained(answers):
        ids = answers["ids"]
        behind = torch.arange(ids.shape[1]) >= answers["prompt"][:, None]
        ends = (ids == end) & behind
        mask = behind & (ends.cumsum(1) - ends.long() == 0)
        return ((answers["policy"] - answers["reference"].detach()) * mask).sum(1)

    return -torch.sigmoid(beta * (gained(chosen) - gained(rejected))).mean()

# %% wrong uphill
# This is what should grow, and a loss falls: the minus in front is missing.
import torch
from torch.nn.functional import logsigmoid

def dpo_loss(chosen, rejected, end, beta):
    def gained(answers):
        ids = answers["ids"]
        behind = torch.arange(ids.shape[1]) >= answers["prompt"][:, None]
        ends = (ids == end) & behind
        mask = behind & (ends.cumsum(1) - ends.long() == 0)
        return ((answers["policy"] - answers["reference"].detach()) * mask).sum(1)

    return logsigmoid(beta * (gained(chosen) - gained(rejected))).mean()

# %% wrong beta_forgotten
# Beta is missing. It says how dear it is to move away from the reference: it multiplies the margin, inside of the
# sigmoid.
import torch
from torch.nn.functional import logsigmoid

def dpo_loss(chosen, rejected, end, beta):
    def gained(answers):
        ids = answers["ids"]
        behind = torch.arange(ids.shape[1]) >= answers["prompt"][:, None]
        ends = (ids == end) & behind
        mask = behind & (ends.cumsum(1) - ends.long() == 0)
        return ((answers["policy"] - answers["reference"].detach()) * mask).sum(1)

    return -logsigmoid(gained(chosen) - gained(rejected)).mean()

# %% wrong beta_outside
# You multiply the loss by beta, like a learning rate. It belongs inside, to the margin: there it says how far the
# policy has to move before a pair counts as learned.
import torch
from torch.nn.functional import logsigmoid

def dpo_loss(chosen, rejected, end, beta):
    def gained(answers):
        ids = answers["ids"]
        behind = torch.arange(ids.shape[1]) >= answers["prompt"][:, None]
        ends = (ids == end) & behind
        mask = behind & (ends.cumsum(1) - ends.long() == 0)
        return ((answers["policy"] - answers["reference"].detach()) * mask).sum(1)

    return -beta * logsigmoid(gained(chosen) - gained(rejected)).mean()

# %% wrong each_by_itself
# You judge each answer by itself, chosen up and rejected down. What was said is that one is better than the other: only
# the difference of the two goes into the sigmoid.
import torch
from torch.nn.functional import logsigmoid

def dpo_loss(chosen, rejected, end, beta):
    def gained(answers):
        ids = answers["ids"]
        behind = torch.arange(ids.shape[1]) >= answers["prompt"][:, None]
        ends = (ids == end) & behind
        mask = behind & (ends.cumsum(1) - ends.long() == 0)
        return ((answers["policy"] - answers["reference"].detach()) * mask).sum(1)

    return -(logsigmoid(beta * gained(chosen)) + logsigmoid(-beta * gained(rejected))).mean()

# %% wrong chosen_alone
# You train on the chosen answers alone. What makes them better shows only beside the rejected ones: subtract what those
# have gained.
import torch
from torch.nn.functional import logsigmoid

def dpo_loss(chosen, rejected, end, beta):
    def gained(answers):
        ids = answers["ids"]
        behind = torch.arange(ids.shape[1]) >= answers["prompt"][:, None]
        ends = (ids == end) & behind
        mask = behind & (ends.cumsum(1) - ends.long() == 0)
        return ((answers["policy"] - answers["reference"].detach()) * mask).sum(1)

    return -logsigmoid(beta * gained(chosen)).mean()

# %% wrong mean_before_the_loss
# You take the mean of the margins, and one loss of it. Then a pair that is learned makes up for one that is not. Each
# pair has a loss of its own; the mean comes last.
import torch
from torch.nn.functional import logsigmoid

def dpo_loss(chosen, rejected, end, beta):
    def gained(answers):
        ids = answers["ids"]
        behind = torch.arange(ids.shape[1]) >= answers["prompt"][:, None]
        ends = (ids == end) & behind
        mask = behind & (ends.cumsum(1) - ends.long() == 0)
        return ((answers["policy"] - answers["reference"].detach()) * mask).sum(1)

    return -logsigmoid(beta * (gained(chosen) - gained(rejected)).mean())

# %% wrong token_by_token
# You compare the two answers token by token. They have different lengths, and the third token of the one has nothing to
# do with the third of the other. Sum each answer first.
import torch
from torch.nn.functional import logsigmoid

def dpo_loss(chosen, rejected, end, beta):
    def gained(answers):
        ids = answers["ids"]
        behind = torch.arange(ids.shape[1]) >= answers["prompt"][:, None]
        ends = (ids == end) & behind
        mask = behind & (ends.cumsum(1) - ends.long() == 0)
        return ((answers["policy"] - answers["reference"].detach()) * mask)

    one, other = gained(chosen), gained(rejected)
    T = min(one.shape[1], other.shape[1])
    return -logsigmoid(beta * (one[:, :T] - other[:, :T])).sum(1).mean()

# %% wrong rejected_gets_no_gradient
# The loss is right, and no gradient reaches the policy's rejected answers. It learns from both: the reference alone is
# frozen.
import torch
from torch.nn.functional import logsigmoid

def dpo_loss(chosen, rejected, end, beta):
    def gained(answers):
        ids = answers["ids"]
        behind = torch.arange(ids.shape[1]) >= answers["prompt"][:, None]
        ends = (ids == end) & behind
        mask = behind & (ends.cumsum(1) - ends.long() == 0)
        return ((answers["policy"] - answers["reference"].detach()) * mask).sum(1)

    return -logsigmoid(beta * (gained(chosen) - gained(rejected).detach())).mean()

# %% wrong summed
# You sum over the pairs. Then a larger batch takes larger steps: take the mean.
import torch
from torch.nn.functional import logsigmoid

def dpo_loss(chosen, rejected, end, beta):
    def gained(answers):
        ids = answers["ids"]
        behind = torch.arange(ids.shape[1]) >= answers["prompt"][:, None]
        ends = (ids == end) & behind
        mask = behind & (ends.cumsum(1) - ends.long() == 0)
        return ((answers["policy"] - answers["reference"].detach()) * mask).sum(1)

    return -logsigmoid(beta * (gained(chosen) - gained(rejected))).sum()

# %% equal the-ends-before-a-place
# How many ends stand before a place is a whole number from 0 on, and only whether it is 0 is asked. The count with this
# place and what stands here, 0 or 1, differ, or are both 0, or both 1: a sign, a shift or an "either or" asks the same.
MASK, ENDS = "mask = behind & (ends.cumsum(1) - ends.long() == 0)", "ends = (ids == end) & behind"
MUTANTS = [*(f"{MASK} -> mask = behind & ({new} 0)" for new in (
    "ends.cumsum(1) >> ends.long() ==", "ends.cumsum(1) ^ ends.long() ==", "ends.cumsum(1) - ends.long() <=",
    "ends.long() - ends.cumsum(1) ==")), f"{ENDS} -> ends = (ids == end) * behind",
    f"{MASK} -> mask = behind * (ends.cumsum(1) - ends.long() == 0)"]

# %% equal frozen-already
# The reference is cut off once; a second time cuts off nothing.
LINE = "return ((answers['policy'] - answers['reference'].detach()) * mask).sum(1)"
MUTANTS = [f"{LINE} -> {LINE.replace(old, f'detached({old})')}" for old in ("answers['reference'].detach()",)]
