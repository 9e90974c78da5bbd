"""LoRA as it was published in a text: do peft and BERT take it?"""
from peft import LoraConfig, TaskType, get_peft_model
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    DistilBertConfig,
    DistilBertForSequenceClassification,
)

from course_lib.claims.claim import CONSTRUCTED, GUIDE, Figures, claim, more


def snippet_runs(kind: str, targets: tuple[str, ...]) -> float:
    """1 where peft takes these target modules on a small random classifier of this kind, and 0 where it raises."""
    if kind == "bert":
        model = BertForSequenceClassification(BertConfig(vocab_size=64, hidden_size=32, num_hidden_layers=2,
                                                         num_attention_heads=2, intermediate_size=64))
    else:
        model = DistilBertForSequenceClassification(DistilBertConfig(vocab_size=64, dim=32, n_layers=2, n_heads=2,
                                                                     hidden_dim=64))
    try:
        get_peft_model(model, LoraConfig(task_type=TaskType.SEQ_CLS, r=8, lora_alpha=16, target_modules=list(targets)))
    except ValueError:
        return 0.0
    return 1.0


@claim("C29", "The published peft snippet: bert-base with target modules q_lin and v_lin", (GUIDE,), lesson="06",
       core=True, tolerance=0.0, models=(), kind=CONSTRUCTED, question="Does it run as it was published?",
       asks={"as published": more(lambda f: f["as_published"], 0.5, "of 1 runs")},
       figures=("as_published", "names_mended", "model_mended"))
def published(seed: int) -> dict[str, float]:
    """The published target modules on BERT, and the two ways to mend them. The seed plays no part."""
    return {"as_published": snippet_runs("bert", ("q_lin", "v_lin")),
            "names_mended": snippet_runs("bert", ("query", "value")),
            "model_mended": snippet_runs("distilbert", ("q_lin", "v_lin"))}


@published.told
def tell_published(f: Figures) -> str:
    """What runs, and what raises."""
    word = lambda name: "runs" if f[name].mean == 1 else "raises an error"
    return (f"On BERT the snippet with q_lin and v_lin {word('as_published')}; with query and value it "
            f"{word('names_mended')}; with q_lin and v_lin on DistilBERT it {word('model_mended')}.")
