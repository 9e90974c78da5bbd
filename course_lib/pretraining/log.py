"""A run's log: one JSON object a line, readable while the run goes on."""
import json
from pathlib import Path

from course_lib.files import write_text


class Log:
    """`add` writes a line at once. A run that goes on from step `first` drops the lines after it."""

    def __init__(self, path: Path, first: int):
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        whole = [json.loads(line) for line in lines if line.endswith("}")]
        self.path, self.entries = path, [entry for entry in whole if entry["step"] <= first]
        write_text(path, "".join(json.dumps(entry) + "\n" for entry in self.entries))

    def add(self, **entry: float) -> None:
        """One entry, written at once; it must hold the `step`, and names what it tells, as in train_loss=2.5."""
        self.entries.append(entry)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def last_train_loss(self) -> float:
        """In nats per token, over the last steps that were logged; nan before any was."""
        return next((e["train_loss"] for e in reversed(self.entries) if "train_loss" in e), float("nan"))

    def curve(self) -> list[dict[str, float]]:
        """[{"tokens": …, "validation_loss": …}, …], as a card holds it."""
        return [{"tokens": e["tokens"], "validation_loss": e["validation_loss"]}
                for e in self.entries if "validation_loss" in e]
