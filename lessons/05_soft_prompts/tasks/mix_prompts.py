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
# their order. The prompts are trained through what you return.

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
DRAWS = 4
GRADIENTS = ("prompts",)  # the texts' embeddings belong to the frozen model


def draw(seed: int) -> dict:
    """Two prompts to four, and one row to six, which do not use them in order, nor always all of them."""
    rng = random.Random(seed)
    tasks, P, T, d, more = ((3, 2, 3, 2, 2), (4, 3, 3, 4, 3), (2, 1, 4, 3, 1), (3, 4, 2, 3, 4))[seed % 4]

    def numbers(count: int) -> torch.Tensor:
        return torch.tensor([[round(rng.uniform(-2, 2), 2) for _ in range(d)] for _ in range(count)])

    rows = [tasks - 1, 0, *rng.choices(range(tasks), k=more)]
    return {"prompts": [numbers(P) for _ in range(tasks)], "rows": rows,
            "text": torch.stack([numbers(T) for _ in rows])}

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

# %% wrong prompts_detached
# Your prompts are copies to which no gradient goes back (detach, .data, no_grad, torch.tensor): none of them could
# learn. Use the prompts themselves.
import torch

def mix_prompts(prompts, rows, text):
    front = torch.stack([prompts[row].detach() for row in rows])
    return torch.cat([front, text], dim=1)

# %% wrong numbered_anew
# You number the tasks anew, in the order in which the rows name them. A number in `rows` is a place in `prompts`: row i
# gets prompts[rows[i]].
import torch

def mix_prompts(prompts, rows, text):
    order = list(dict.fromkeys(rows))
    return torch.cat([torch.stack([prompts[order.index(row)] for row in rows]), text], dim=1)

# %% wrong vectors_of_many_rows
# You cut the vectors up wrongly: a row gets vectors of several prompts. Stack whole prompts, torch.stack([...]), one
# for each row.
import torch

def mix_prompts(prompts, rows, text):
    P, d = prompts[0].shape
    front = torch.cat([prompts[row] for row in rows]).view(P, len(rows), d).transpose(0, 1)
    return torch.cat([front, text], dim=1)
