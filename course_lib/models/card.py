"""Model cards: `card.json` holds the facts, `README.md` shows them. A run writes both, nobody types them."""
import json
from pathlib import Path

from course_lib.display import course, markdown_table
from course_lib.errors import CourseError
from course_lib.files import write_text
from course_lib.models.configs import Recipe

BUNDLED = Path(__file__).parent / "bundled"
KINDS = {"causal": "causal language model (Llama class), predicts the next token",
         "encoder": "masked language model (DistilBERT class), fills in masked tokens"}
ABOUT = ("A base model of the course's small world. It has read that world's text and nothing else: it knows "
         "invented reviews, messages and stories and simple facts, and it is no source about the real world.")


def count_parameters(model) -> tuple[int, int]:
    """(all parameters, those outside the embeddings); a tied tensor counts once."""
    embeddings = sum(p.numel() for name, p in model.named_parameters() if "embed" in name)
    total = sum(p.numel() for p in model.parameters())
    return total, total - embeddings


def make_card(name: str, recipe: Recipe, model, command: str, tokens: int, train_loss: float,
              curve: list[dict[str, float]]) -> dict:
    """What is known of a model when its run ends.

    `curve` is [{"tokens": …, "validation_loss": …}, …], the loss in nats per token.
    """
    total, inner = count_parameters(model)
    return {
        "name": name, "kind": recipe.kind, "architecture": type(model).__name__,
        "parameters": total, "parameters_without_embeddings": inner, "megabytes": round(2 * total / 1e6, 2),
        "vocabulary": model.config.vocab_size, "context": model.config.max_position_embeddings,
        "command": command, "seed": recipe.seed, "tokens": tokens, "steps": tokens // recipe.tokens_per_step,
        "rows_per_step": recipe.rows, "tokens_per_row": recipe.length, "learning_rate": recipe.learning_rate,
        "weight_decay": recipe.weight_decay, "planned_tokens": recipe.decay_steps * recipe.tokens_per_step,
        "train_loss": round(train_loss, 4),
        "validation_loss": curve[-1]["validation_loss"] if curve else None,
        "curve": curve, "abilities": {},
    }


def render(card: dict) -> str:
    """The card as markdown."""
    facts = {
        "what it is": f"{KINDS[card['kind']]}; `{card['architecture']}`",
        "parameters": f"{card['parameters']:,}, of which {card['parameters_without_embeddings']:,} "
                      "are no embeddings",
        "size on disk": f"about {card['megabytes']} MB, bf16 safetensors (computed with in float32)",
        "vocabulary, context": f"{card['vocabulary']:,} tokens, {card['context']} tokens",
        "pretrained with": f"`{card['command']}`, seed {card['seed']}",
        "text read": f"{card['tokens']:,} tokens in {card['steps']:,} steps of "
                     f"{card['rows_per_step']} rows × {card['tokens_per_row']} tokens",
        "optimizer": f"AdamW, peak learning rate {card['learning_rate']}, weight decay {card['weight_decay']}, "
                     f"schedule planned for {card['planned_tokens']:,} tokens",
        "last loss": f"training {card['train_loss']}, validation {card['validation_loss']} (nats per token)",
    }
    parts = [f"# {card['name']}", ABOUT, markdown_table(facts.items(), ("", ""))]
    if card["abilities"]:
        parts += ["## Measured abilities", markdown_table(card["abilities"].items(), ("measure", "figure"))]
    parts += ["## Learning curve", markdown_table([
        (f"{point['tokens']:,}", f"{point['validation_loss']:.4f}") for point in thin(card["curve"], 20)],
        ("tokens read", "validation loss"))]
    return "\n\n".join(parts) + "\n"


def thin(points: list, most: int) -> list:
    """At most about `most` of the points, evenly spaced, the last one always kept."""
    every = max(1, -(-len(points) // most))
    return points[::-1][::every][::-1]


def write_card(folder: Path, card: dict) -> None:
    """Write card.json and README.md into a model's folder; a card that cannot be written leaves the old one."""
    facts, page = json.dumps(card, indent=1, ensure_ascii=False) + "\n", render(card)
    write_text(folder / "card.json", facts)
    write_text(folder / "README.md", page)


def read_card(folder: Path) -> dict:
    """The facts of a model's folder; CourseError where it has no card."""
    try:
        return json.loads((folder / "card.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CourseError(f"The folder {folder} has no readable card.json: {error}. "
                          f"{course('pretrain NAME')} writes one.") from error


def update_abilities(name: str, figures: dict[str, str], bundled: Path = BUNDLED) -> None:
    """Put measured figures, {measure: figure}, on the card of a bundled model, in place of all earlier ones."""
    write_card(bundled / name, read_card(bundled / name) | {"abilities": figures})
