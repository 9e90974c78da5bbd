# %% [markdown] statement
# ## Task 10.2 · Which token did better than expected?
#
# A model has written an answer of `T` tokens. Each token got a reward, mostly a small one; the reader's verdict comes
# with the last. A value model said, before each token, what is still to come. How much better than expected did each
# token do? **Generalised advantage estimation** looks from each token to the next, and passes on, backwards, what was
# found there:
#
# $$\delta_t = r_t + \gamma V_{t+1} - V_t, \qquad A_t = \delta_t + \gamma \lambda A_{t+1}, \qquad R_t = A_t + V_t$$
#
# - `rewards` and `values`, shape `(T,)` each: $r$ and $V$;
# - `gamma` and `lam`: $\gamma$ and $\lambda$, from 0 to 1.
#
# Behind the last token nothing is to come: there $V$ and $A$ are 0. Return two new tensors, the advantages $A$ and the
# returns $R$, which the value model is trained to say next time. Both are **constants** in the losses: no gradient goes
# back through them into `values` or `rewards`.

# %% stub
import torch


def advantages_by_gae(rewards: torch.Tensor, values: torch.Tensor, gamma: float,
                      lam: float) -> tuple[torch.Tensor, torch.Tensor]:
    """(advantages, returns) of one answer's tokens, each (T,) and a constant."""
    raise NotImplementedError

# %% reference
import torch


def advantages_by_gae(rewards: torch.Tensor, values: torch.Tensor, gamma: float,
                      lam: float) -> tuple[torch.Tensor, torch.Tensor]:
    """(advantages, returns) of one answer's tokens, each (T,) and a constant."""
    rewards, values = rewards.detach(), values.detach()
    advantages, next_value, next_advantage = torch.zeros_like(values), 0.0, 0.0
    for t in reversed(range(len(values))):
        delta = rewards[t] + gamma * next_value - values[t]
        advantages[t] = delta + gamma * lam * next_advantage
        next_value, next_advantage = values[t], advantages[t]
    return advantages, advantages + values

# %% checks
import random

import torch

from course_lib.checks.probing import gradients, watched

TASK = "10.2"
TOLERANCE = 1e-5
DRAWS = 5
GRADIENTS = ()    # what it returns is constant, and the probe looks at that


def draw(seed: int) -> dict:
    """One token to six, each with a reward; gamma and lambda by turns below 1, 1, and lambda 0."""
    rng = random.Random(seed)
    T = [4, 3, 1, 6, 5][seed % 5]
    rewards, values = ([round(rng.uniform(-2, 2), 2) for _ in range(T)] for _ in range(2))
    return {"rewards": torch.tensor(rewards), "values": torch.tensor(values),
            "gamma": [0.9, 1.0, 0.8, 0.7, 0.6][seed % 5], "lam": [0.7, 0.8, 0.5, 1.0, 0.0][seed % 5]}


def probe(advantages_by_gae, rewards, values, gamma, lam) -> dict:
    """What it returns, which gradients it lets through, and which inputs it changes."""
    rewards, values = rewards.clone().requires_grad_(), values.clone().requires_grad_()
    say = watched(advantages_by_gae)
    found = say(rewards.clone(), values.clone(), gamma, lam)
    return {"it returns": found, "gradients": gradients(found, rewards=rewards, values=values),
            "inputs changed": say.changed}

# %% wrong returns_without_values
# Your returns are the advantages once more. An advantage says how far a token was off what was expected; what the value
# model should have said is that **plus** what it did say: A + V.
import torch

def advantages_by_gae(rewards, values, gamma, lam):
    rewards, values = rewards.detach(), values.detach()
    advantages, after, later = torch.zeros_like(values), 0.0, 0.0
    for t in reversed(range(len(values))):
        later = rewards[t] + gamma * after - values[t] + gamma * lam * later
        advantages[t], after = later, values[t]
    return advantages, advantages.clone()

# %% wrong bootstrap_behind_the_end
# Behind the last token you go on with the last value, as if the answer went on. It has ended: nothing is to come, so
# the value there is 0. With yours, every answer is promised a reward that never comes.
import torch

def advantages_by_gae(rewards, values, gamma, lam):
    rewards, values = rewards.detach(), values.detach()
    advantages, after, later = torch.zeros_like(values), values[-1], 0.0
    for t in reversed(range(len(values))):
        later = rewards[t] + gamma * after - values[t] + gamma * lam * later
        advantages[t], after = later, values[t]
    return advantages, advantages + values

# %% wrong first_value_behind_the_end
# Behind the last token your values begin anew with the first one, as `roll` or an index of -1 or T % T does. Behind the
# last token the value is 0.
import torch

def advantages_by_gae(rewards, values, gamma, lam):
    rewards, values = rewards.detach(), values.detach()
    delta = rewards + gamma * values.roll(-1) - values
    advantages, later = torch.zeros_like(values), 0.0
    for t in reversed(range(len(values))):
        later = delta[t] + gamma * lam * later
        advantages[t] = later
    return advantages, advantages + values

# %% wrong not_detached
# The numbers are right, and gradients go through them back into the value model. Then it could lower a loss by changing
# what was expected, and not what is written. Detach: rewards.detach(), values.detach().
import torch

def advantages_by_gae(rewards, values, gamma, lam):
    advantages, after, later = [], 0.0, 0.0
    for t in reversed(range(len(values))):
        later = rewards[t] + gamma * after - values[t] + gamma * lam * later
        after = values[t]
        advantages.insert(0, later)
    advantages = torch.stack(advantages)
    return advantages, advantages + values

# %% wrong returns_not_detached
# Your advantages are constants, and the returns are not: a gradient goes from them into the values. In the value
# model's loss, (V - R)², the two gradients then cancel out, and nothing is learned. Add the values without their
# gradient.
import torch

def advantages_by_gae(rewards, values, gamma, lam):
    constant = values.detach()
    rewards = rewards.detach()
    advantages, after, later = torch.zeros_like(constant), 0.0, 0.0
    for t in reversed(range(len(constant))):
        later = rewards[t] + gamma * after - constant[t] + gamma * lam * later
        advantages[t], after = later, constant[t]
    return advantages, advantages + values

# %% wrong written_into_the_rewards
# The advantages are right, and you write them into the rewards. `detach` makes no copy, it shares the numbers: whoever
# looks at the rewards again finds your advantages there. Begin with a new tensor, such as torch.zeros_like(values).
import torch

def advantages_by_gae(rewards, values, gamma, lam):
    advantages, values, after, later = rewards.detach(), values.detach(), 0.0, 0.0
    for t in reversed(range(len(values))):
        later = advantages[t] + gamma * after - values[t] + gamma * lam * later
        advantages[t], after = later, values[t]
    return advantages, advantages + values

# %% wrong lambda_forgotten
# You pass on what was found with gamma alone. That is the whole rest of the answer, less the value: lambda = 1. The
# factor is gamma times lambda.
import torch

def advantages_by_gae(rewards, values, gamma, lam):
    rewards, values = rewards.detach(), values.detach()
    advantages, after, later = torch.zeros_like(values), 0.0, 0.0
    for t in reversed(range(len(values))):
        later = rewards[t] + gamma * after - values[t] + gamma * later
        advantages[t], after = later, values[t]
    return advantages, advantages + values

# %% wrong gamma_forgotten_in_the_trace
# You pass on what was found with lambda alone. It comes a token later, so gamma counts, too: gamma times lambda.
import torch

def advantages_by_gae(rewards, values, gamma, lam):
    rewards, values = rewards.detach(), values.detach()
    advantages, after, later = torch.zeros_like(values), 0.0, 0.0
    for t in reversed(range(len(values))):
        later = rewards[t] + gamma * after - values[t] + lam * later
        advantages[t], after = later, values[t]
    return advantages, advantages + values

# %% wrong next_value_in_full
# The next value comes a token later, and you count it in full. It is gamma V(t + 1).
import torch

def advantages_by_gae(rewards, values, gamma, lam):
    rewards, values = rewards.detach(), values.detach()
    advantages, after, later = torch.zeros_like(values), 0.0, 0.0
    for t in reversed(range(len(values))):
        later = rewards[t] + after - values[t] + gamma * lam * later
        advantages[t], after = later, values[t]
    return advantages, advantages + values

# %% wrong next_value_forgotten
# The next value is missing: you compare this token's reward with all that was expected from here on. Most rewards come
# with the last token, so every other one would seem bad. What is still expected behind it, gamma V(t + 1), belongs to
# what it got.
import torch

def advantages_by_gae(rewards, values, gamma, lam):
    rewards, values = rewards.detach(), values.detach()
    advantages, later = torch.zeros_like(values), 0.0
    for t in reversed(range(len(values))):
        later = rewards[t] - values[t] + gamma * lam * later
        advantages[t] = later
    return advantages, advantages + values

# %% wrong one_step_alone
# You return the deltas: how each token compares with the next. What comes later is missing, as if lambda were 0. Go
# backwards, and add gamma lambda times the advantage of the next token.
import torch

def advantages_by_gae(rewards, values, gamma, lam):
    rewards, values = rewards.detach(), values.detach()
    after = torch.cat([values[1:], torch.zeros(1)])
    delta = rewards + gamma * after - values
    return delta, delta + values

# %% wrong forwards
# You go from the first token to the last, so each one gets what was found **before** it. A token cannot be praised for
# what came earlier: start at the last one.
import torch

def advantages_by_gae(rewards, values, gamma, lam):
    rewards, values = rewards.detach(), values.detach()
    after = torch.cat([values[1:], torch.zeros(1)])
    delta = rewards + gamma * after - values
    advantages, later = torch.zeros_like(values), 0.0
    for t in range(len(values)):
        later = delta[t] + gamma * lam * later
        advantages[t] = later
    return advantages, advantages + values

# %% wrong returns_are_the_rewards_to_come
# Your returns are the discounted rewards from each token on. With lambda = 1 that is the same; below 1 the return leans
# on what the values said, as the advantage does: A + V.
import torch

def advantages_by_gae(rewards, values, gamma, lam):
    rewards, values = rewards.detach(), values.detach()
    advantages, returns = torch.zeros_like(values), torch.zeros_like(values)
    after, later, to_come = 0.0, 0.0, 0.0
    for t in reversed(range(len(values))):
        later = rewards[t] + gamma * after - values[t] + gamma * lam * later
        to_come = rewards[t] + gamma * to_come
        advantages[t], returns[t], after = later, to_come, values[t]
    return advantages, returns

# %% wrong last_token_left_out
# The last token has no advantage, and its reward reaches nobody: your loop begins at the one before. It needs a next
# value, and has one: 0.
import torch

def advantages_by_gae(rewards, values, gamma, lam):
    rewards, values = rewards.detach(), values.detach()
    advantages, later = torch.zeros_like(values), 0.0
    for t in reversed(range(len(values) - 1)):
        later = rewards[t] + gamma * values[t + 1] - values[t] + gamma * lam * later
        advantages[t] = later
    return advantages, advantages + values

# %% wrong centred
# You take the mean off the advantages. That is often done, over all answers of a batch and after this step; here it
# also falsifies the returns.
import torch

def advantages_by_gae(rewards, values, gamma, lam):
    rewards, values = rewards.detach(), values.detach()
    advantages, after, later = torch.zeros_like(values), 0.0, 0.0
    for t in reversed(range(len(values))):
        later = rewards[t] + gamma * after - values[t] + gamma * lam * later
        advantages[t], after = later, values[t]
    advantages = advantages - advantages.mean()
    return advantages, advantages + values

# %% wrong value_turned_round
# Your sign is turned: you take what came off what was expected. A token that did better than expected has an advantage
# above 0.
import torch

def advantages_by_gae(rewards, values, gamma, lam):
    rewards, values = rewards.detach(), values.detach()
    advantages, after, later = torch.zeros_like(values), 0.0, 0.0
    for t in reversed(range(len(values))):
        later = values[t] - rewards[t] - gamma * after + gamma * lam * later
        advantages[t], after = later, values[t]
    return advantages, values - advantages
