# %% [markdown] statement
# ## Task 10.3 · A step that cannot run away
#
# PPO wrote some answers with the model as it was, and now takes several steps on them. What a token gains is its
# advantage, times the ratio of how probable it is now and how probable it was when it was written:
#
# $$\rho = \frac{\pi(\text{token})}{\pi_{\text{old}}(\text{token})}, \qquad
# \text{gain} = \min\bigl(\rho A,\; \operatorname{clip}(\rho, 1 - \epsilon, 1 + \epsilon)\, A\bigr)$$
#
# The smaller of the two is taken: to go further than $\epsilon$ brings nothing, and to have gone the wrong way always
# costs.
#
# - `new` and `old`, shape `(B, T)`: the **log** probabilities of the tokens of `B` answers, now and then;
# - `advantages`, shape `(B, T)`: $A$;
# - `mask`, shape `(B, T)`: true at the answers' own tokens; what stands elsewhere is padding, and counts for nothing;
# - `epsilon`: $\epsilon$.
#
# Return the loss, a tensor of shape `()`: minus the mean gain over **all tokens of all answers**. Only `new` is
# trained: no gradient goes into `old` or `advantages`.

# %% stub
import torch


def clipped_loss(new: torch.Tensor, old: torch.Tensor, advantages: torch.Tensor, mask: torch.Tensor,
                 epsilon: float) -> torch.Tensor:
    """PPO's clipped loss, the mean over the answers' tokens: four times (B, T) -> ()."""
    raise NotImplementedError

# %% reference
import torch


def clipped_loss(new: torch.Tensor, old: torch.Tensor, advantages: torch.Tensor, mask: torch.Tensor,
                 epsilon: float) -> torch.Tensor:
    """PPO's clipped loss, the mean over the answers' tokens: four times (B, T) -> ()."""
    old, advantages = old.detach(), advantages.detach()
    ratio = (new - old).exp()                                               # (B, T)
    clipped = ratio.clamp(1 - epsilon, 1 + epsilon)
    gain = torch.minimum(ratio * advantages, clipped * advantages)
    return -gain[mask].mean()                                               # (B, T) -> (N,) -> ()

# %% checks
import random

import torch

from course_lib.checks.probing import gradients, watched

TASK = "10.3"
TOLERANCE = 1e-5
DRAWS = 5


def draw(seed: int) -> dict:
    """One answer to three, of two tokens to six, padded behind. Ratios lie far above 1, far below it and near to it,
    each with advantages of either sign; in one draw clipping makes every gain smaller that it changes, in one none.
    """
    rng = random.Random(seed)
    lengths = [[4, 2, 3], [5, 3], [6], [2, 3, 2], [3, 6]][seed % 5]
    T = max(lengths) + (seed % 5 == 2)
    kinds = [(step, sign) for step in (0.6, -0.7, 0.05) for sign in (1, -1)]
    if seed % 5 > 2:
        kinds = [(step, sign) for step, sign in kinds if (step * sign > 0) == (seed % 5 == 3)]
    new, old, advantages = [], [], []
    for _ in lengths:
        drawn = (rng.sample(kinds, len(kinds)) * 2)[:T]
        old.append([round(rng.uniform(-3, -1), 2) for _ in drawn])
        new.append([round(one + step + rng.uniform(-0.04, 0.04), 3) for one, (step, _) in zip(old[-1], drawn)])
        advantages.append([round(sign * rng.uniform(0.3, 2), 2) for _, sign in drawn])
    return {"new": torch.tensor(new), "old": torch.tensor(old), "advantages": torch.tensor(advantages),
            "mask": torch.tensor([[place < length for place in range(T)] for length in lengths]),
            "epsilon": [0.2, 0.1, 0.3, 0.25, 0.15][seed % 5]}


def probe(clipped_loss, new, old, advantages, mask, epsilon) -> dict:
    """The loss, which gradients it lets through, and which inputs it changes."""
    new, old, advantages = (one.clone().requires_grad_() for one in (new, old, advantages))
    say = watched(clipped_loss)
    loss = say(new.clone(), old.clone(), advantages.clone(), mask, epsilon)
    return {"the loss": loss, "gradients": gradients(loss, new=new, old=old, advantages=advantages),
            "inputs changed": say.changed}

# %% wrong never_clipped
# Nothing is clipped: the further a token's probability goes, the more it gains, and one batch can carry the model away.
# Take the smaller of this and the gain with the clipped ratio.
def clipped_loss(new, old, advantages, mask, epsilon):
    ratio = (new - old.detach()).exp()
    return -(ratio * advantages.detach())[mask].mean()

# %% wrong no_min
# You take the clipped gain alone. It has no gradient outside of the range, also where the ratio has gone the wrong way:
# a good token that became improbable is never brought back. The minimum with the unclipped gain does that.
def clipped_loss(new, old, advantages, mask, epsilon):
    ratio = (new - old.detach()).exp()
    return -(ratio.clamp(1 - epsilon, 1 + epsilon) * advantages.detach())[mask].mean()

# %% wrong the_larger_one
# You take the larger of the two gains. Then there is always something to be gained by going further, and the mistakes
# are what is forgiven. Take the smaller one; the minus comes only behind that.
import torch

def clipped_loss(new, old, advantages, mask, epsilon):
    ratio, gain = (new - old.detach()).exp(), advantages.detach()
    return -torch.maximum(ratio * gain, ratio.clamp(1 - epsilon, 1 + epsilon) * gain)[mask].mean()

# %% wrong ratio_turned_round
# Your ratio is upside down, old over new: then a good token is made less probable. It is exp(new - old).
import torch

def clipped_loss(new, old, advantages, mask, epsilon):
    ratio, gain = (old.detach() - new).exp(), advantages.detach()
    return -torch.minimum(ratio * gain, ratio.clamp(1 - epsilon, 1 + epsilon) * gain)[mask].mean()

# %% wrong ratio_of_logarithms
# You divide two **log** probabilities. The ratio of two probabilities is exp of the difference of their logarithms.
import torch

def clipped_loss(new, old, advantages, mask, epsilon):
    ratio, gain = new / old.detach(), advantages.detach()
    return -torch.minimum(ratio * gain, ratio.clamp(1 - epsilon, 1 + epsilon) * gain)[mask].mean()

# %% wrong no_exp
# You take the difference of the log probabilities for the ratio. It is 0 where nothing has changed, and a ratio is 1
# there: exp is missing.
import torch

def clipped_loss(new, old, advantages, mask, epsilon):
    ratio, gain = new - old.detach(), advantages.detach()
    return -torch.minimum(ratio * gain, ratio.clamp(1 - epsilon, 1 + epsilon) * gain)[mask].mean()

# %% wrong gain_clipped
# You clip the gain, ratio times advantage, so that a bad token would count as a good one. It is the ratio that stays
# between 1 - epsilon and 1 + epsilon; the advantage comes behind that.
import torch

def clipped_loss(new, old, advantages, mask, epsilon):
    gain = (new - old.detach()).exp() * advantages.detach()
    return -torch.minimum(gain, gain.clamp(1 - epsilon, 1 + epsilon))[mask].mean()

# %% wrong loss_clipped
# You clip the mean gain, and with it the loss. Where it lies outside of the range there is no gradient at all, and
# inside of it every single ratio may be as large as it likes. Clip each token's ratio.
def clipped_loss(new, old, advantages, mask, epsilon):
    ratio = (new - old.detach()).exp()
    return -(ratio * advantages.detach())[mask].mean().clamp(1 - epsilon, 1 + epsilon)

# %% wrong clipped_around_zero
# You clip between -epsilon and epsilon. A ratio is 1 where nothing has changed: clip between 1 - epsilon and 1 +
# epsilon.
import torch

def clipped_loss(new, old, advantages, mask, epsilon):
    ratio, gain = (new - old.detach()).exp(), advantages.detach()
    return -torch.minimum(ratio * gain, ratio.clamp(-epsilon, epsilon) * gain)[mask].mean()

# %% wrong clipped_above_alone
# You clip the ratio above 1 + epsilon alone. Below 1 - epsilon a bad token goes on gaining the less probable it
# becomes. Clip on both sides.
import torch

def clipped_loss(new, old, advantages, mask, epsilon):
    ratio, gain = (new - old.detach()).exp(), advantages.detach()
    return -torch.minimum(ratio * gain, ratio.clamp(max=1 + epsilon) * gain)[mask].mean()

# %% wrong log_ratio_clipped
# You clip the logarithm of the ratio, between -epsilon and epsilon. That is nearly the same range, and not the same:
# clip the ratio itself, behind exp.
import torch

def clipped_loss(new, old, advantages, mask, epsilon):
    apart, gain = new - old.detach(), advantages.detach()
    return -torch.minimum(apart.exp() * gain, apart.clamp(-epsilon, epsilon).exp() * gain)[mask].mean()

# %% wrong uphill
# This is the gain itself, which should grow. An optimizer makes a loss smaller: put a minus in front.
import torch

def clipped_loss(new, old, advantages, mask, epsilon):
    ratio, gain = (new - old.detach()).exp(), advantages.detach()
    return torch.minimum(ratio * gain, ratio.clamp(1 - epsilon, 1 + epsilon) * gain)[mask].mean()

# %% wrong smaller_of_the_means
# You take both means, and then the smaller one. Then one token's gain hides what another one costs. Compare token by
# token, and take the mean of that.
import torch

def clipped_loss(new, old, advantages, mask, epsilon):
    ratio, gain = (new - old.detach()).exp(), advantages.detach()
    clipped = ratio.clamp(1 - epsilon, 1 + epsilon)
    return -torch.minimum((ratio * gain)[mask].mean(), (clipped * gain)[mask].mean())

# %% wrong advantages_not_detached
# The loss is right, and a gradient goes into the advantages: whatever they were made from could lower the loss by
# praising itself. They are constants here: advantages.detach().
import torch

def clipped_loss(new, old, advantages, mask, epsilon):
    ratio = (new - old.detach()).exp()
    return -torch.minimum(ratio * advantages, ratio.clamp(1 - epsilon, 1 + epsilon) * advantages)[mask].mean()

# %% wrong old_not_detached
# The loss is right, and a gradient goes into the old log probabilities. If both came from one model, the two gradients
# would cancel out, and nothing would be learned. What was is a constant: old.detach().
import torch

def clipped_loss(new, old, advantages, mask, epsilon):
    ratio, gain = (new - old).exp(), advantages.detach()
    return -torch.minimum(ratio * gain, ratio.clamp(1 - epsilon, 1 + epsilon) * gain)[mask].mean()

# %% wrong no_gradient
# The loss is right, and no gradient reaches `new`, so nothing would be learned. Leave `new` and all that is made of it
# as they are, without .detach() or torch.no_grad(); `old` and the advantages alone are constants.
import torch

def clipped_loss(new, old, advantages, mask, epsilon):
    ratio, gain = (new - old).exp().detach(), advantages.detach()
    return -torch.minimum(ratio * gain, ratio.clamp(1 - epsilon, 1 + epsilon) * gain)[mask].mean()

# %% wrong padding_counted
# You count the padding, too. Its numbers mean nothing: take the mean where the mask is true.
import torch

def clipped_loss(new, old, advantages, mask, epsilon):
    ratio, gain = (new - old.detach()).exp(), advantages.detach()
    return -torch.minimum(ratio * gain, ratio.clamp(1 - epsilon, 1 + epsilon) * gain).mean()

# %% wrong divided_by_all_places
# The padding's gains are out, and you still divide by the number of all places. The more padding a batch has, the
# smaller its steps would be. Divide by the number of the answers' tokens, mask.sum().
import torch

def clipped_loss(new, old, advantages, mask, epsilon):
    ratio, gain = (new - old.detach()).exp(), advantages.detach()
    return -(torch.minimum(ratio * gain, ratio.clamp(1 - epsilon, 1 + epsilon) * gain) * mask).mean()

# %% wrong mean_of_each_answer_first
# You take the mean of each answer, and then of the answers: a token of a long answer counts less than one of a short
# one. Some do so, as GRPO did at first. Here every token counts alike.
import torch

def clipped_loss(new, old, advantages, mask, epsilon):
    ratio, gain = (new - old.detach()).exp(), advantages.detach()
    gained = torch.minimum(ratio * gain, ratio.clamp(1 - epsilon, 1 + epsilon) * gain) * mask
    return -(gained.sum(1) / mask.sum(1)).mean()

# %% wrong summed
# You sum over the tokens. Then a batch of long answers takes larger steps: take the mean.
import torch

def clipped_loss(new, old, advantages, mask, epsilon):
    ratio, gain = (new - old.detach()).exp(), advantages.detach()
    return -torch.minimum(ratio * gain, ratio.clamp(1 - epsilon, 1 + epsilon) * gain)[mask].sum()

# %% equal constant-already
# These are constants by the first line. To cut them off once more cuts off nothing.
GAIN = "gain = torch.minimum(ratio * advantages, clipped * advantages)"
MUTANTS = ["old, advantages = (old.detach(), advantages.detach()) -> "
           "old, advantages = detached((old.detach(), advantages.detach()))",
           "ratio = (new - old).exp() -> ratio = (new - detached(old)).exp()",
           f"{GAIN} -> {GAIN.replace('ratio * advantages', 'ratio * detached(advantages)')}",
           f"{GAIN} -> {GAIN.replace('clipped * advantages', 'clipped * detached(advantages)')}"]

# %% equal the-smaller-of-two
# The smaller of two numbers is the same in whichever order they are given.
MUTANTS = ["gain = torch.minimum(ratio * advantages, clipped * advantages) -> "
           "gain = torch.minimum(clipped * advantages, ratio * advantages)"]
