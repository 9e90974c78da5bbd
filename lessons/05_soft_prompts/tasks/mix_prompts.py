# %% [markdown] statement
# ## Task 05.4 · One batch, several tasks
#
# Rows of a batch do not see each other, so each can have a prompt of its own. Build what the model reads.
#
# - `prompts`: a list of tensors, each of shape `(P, d)`, one for each task;
# - `rows`: for each row of the batch the number of its task, a place in `prompts`;
# - `text`, shape `(B, T, d)`: the embeddings of the texts, in the order of `rows`.
#
# Return a tensor of shape `(B, P + T, d)`: row by row the prompt of its task, then its text. The rows stay in
# their order.

# %% stub
import torch


def mix_prompts(prompts: list[torch.Tensor], rows: list[int], text: torch.Tensor) -> torch.Tensor:
    """Each text after the prompt of its own task: (B, T, d) -> (B, P + T, d)."""
    raise NotImplementedError

# %% reference
import torch


def mix_prompts(prompts: list[torch.Tensor], rows: list[int], text: torch.Tensor) -> torch.Tensor:
    """Each text after the prompt of its own task: (B, T, d) -> (B, P + T, d)."""
    front = torch.stack([prompts[row] for row in rows])                     # (B, P, d)
    return torch.cat([front, text], dim=1)                                  # (B, P + T, d)

# %% checks
import random

import torch

TASK = "05.4"
TOLERANCE = 1e-5


def draw(seed: int) -> dict:
    """Three prompts and four or five rows, which do not use them in order; P = 2, T = 3, d = 2."""
    rng = random.Random(seed)

    def numbers(count: int) -> torch.Tensor:
        return torch.tensor([[round(rng.uniform(-2, 2), 2) for _ in range(2)] for _ in range(count)])

    rows = [2, 0, *rng.choices([0, 1, 2], k=rng.choice([2, 3]))]
    return {"prompts": [numbers(2) for _ in range(3)], "rows": rows,
            "text": torch.stack([numbers(3) for _ in rows])}

# %% wrong one_prompt_for_all
# Every row of yours has the first prompt, so all of them are asked for the same task. rows says which prompt
# each one has.
import torch

def mix_prompts(prompts, rows, text):
    return torch.cat([prompts[0].expand(len(text), -1, -1), text], dim=1)

# %% wrong in_turn
# You deal the prompts out in turn: first row first prompt, second row second prompt. What counts is rows[i],
# the task of row i.
import torch

def mix_prompts(prompts, rows, text):
    front = torch.stack([prompts[place % len(prompts)] for place in range(len(text))])
    return torch.cat([front, text], dim=1)

# %% wrong averaged
# You put the mean of all prompts before every row. A mixture of vectors is no mixture of tasks: each row needs
# its own prompt, whole.
import torch

def mix_prompts(prompts, rows, text):
    front = torch.stack(prompts).mean(dim=0).expand(len(text), -1, -1)
    return torch.cat([front, text], dim=1)

# %% wrong sorted_by_task
# Your rows are sorted by task, so the answers come back in another order than the questions. Keep the order of
# the rows.
import torch

def mix_prompts(prompts, rows, text):
    order = sorted(range(len(rows)), key=lambda place: rows[place])
    return torch.cat([torch.stack([prompts[rows[i]] for i in order]), text[order]], dim=1)

# %% wrong all_prompts_before_each
# You put all prompts, one after the other, before every row. The model then reads the instructions of every
# task at once; a row should have only its own.
import torch

def mix_prompts(prompts, rows, text):
    return torch.cat([torch.cat(prompts).expand(len(text), -1, -1), text], dim=1)

# %% wrong prompt_behind
# Your prompts stand behind the texts. The model looks back only, so what should steer the reading has to come
# first.
import torch

def mix_prompts(prompts, rows, text):
    return torch.cat([text, torch.stack([prompts[row] for row in rows])], dim=1)
