"""Labels that nobody wrote, and reviews that the model writes itself."""
import datasets
import torch


def labelled(rows, signs: torch.Tensor):
    """The rows with the labels that these signs give, (n,): 1 positive, -1 negative; rows with a 0 are left out."""
    kept, names = signs.nonzero().flatten().tolist(), rows.features["label"].names
    rows = rows.select(kept)
    labels = [int(signs[place] > 0) for place in kept]
    return datasets.Dataset.from_dict({**rows[:], "label": labels, "answer": [names[label] for label in labels]},
                                      features=rows.features)


def right_share(signs: torch.Tensor, labels: list[int], guess: bool = False) -> float:
    """The share of right labels among those that are given, (n,); with `guess` among all, a coin in place of a 0."""
    truth = 2 * torch.tensor(labels) - 1
    marks = (signs == truth).float()
    return (marks + (signs == 0) / 2).mean().item() if guess else marks[signs != 0].mean().item()


@torch.no_grad()
def written(model, tokenizer, beginnings: list[str], seed: int, tokens: int = 60) -> list[str]:
    """What the model writes after each beginning, each token drawn by its probability, to the end of the line."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        batch = tokenizer(beginnings, return_tensors="pt", padding=True, padding_side="left")
        ids = model.generate(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], do_sample=True,
                             max_new_tokens=tokens, pad_token_id=tokenizer.pad_token_id)                 # (n, T)
    texts = tokenizer.batch_decode(ids, skip_special_tokens=True)
    return [text.split("\n")[0].strip() for text in texts]
