"""What is asked of the rows of a task before a model reads them: their columns, texts, and classes with names."""
import datasets

from course_lib.errors import CourseError, shown


def check_rows(rows, decoder: bool, num_labels: int | None = None, source: bool = False):
    """The rows as plain Python values, whatever format they are set to.

    CourseError where they are none, are streamed, lack a column, or where one has no label, or one without a name.
    """
    if isinstance(rows, datasets.IterableDataset):
        raise CourseError("These rows are streamed, and the course reads a split more than once. Keep them first: "
                          "datasets.Dataset.from_list(list(rows), features=rows.features).")
    if not isinstance(getattr(rows, "column_names", None), list):  # a task's is a dict
        raise CourseError(f"The rows of a task are one of its splits, such as load_task('reviews')['train']; you gave "
                          f"{shown(rows)}.")
    wanted = ["prompt" if decoder else "text", "answer" if num_labels is None else "label", *["source"] * source]
    missing = [column for column in wanted if column not in rows.column_names]
    if missing or not len(rows):
        raise CourseError(f"Needed are rows with the columns {' and '.join(wanted)}; these are {len(rows)} rows with "
                          f"{', '.join(rows.column_names) or 'no columns'}.")
    rows = rows.with_format(None)
    if "label" in rows.column_names:
        check_labels(rows)
    return rows


def check_labels(rows) -> None:
    """CourseError for a row without a label, and for a label that none of the names of the classes belongs to."""
    names = getattr(rows.features["label"], "names", None)
    for place, label in enumerate(rows["label"][:]):
        if label is None or label == -1:
            text = rows["text" if "text" in rows.column_names else "prompt"][place]
            raise CourseError(f"Row {place}, {shown(text)}, has no label: it has the label {shown(label)}. Leave such "
                              "rows out, with rows.filter(...).")
        if names and label not in range(len(names)):
            raise CourseError(f"Row {place} has the label {shown(label)}, and the classes with a name are 0 to "
                              f"{len(names) - 1}. Name them all, or leave the row out.")


def check_agree(rows) -> None:
    """CourseError for a row whose answer is not the name of its label: one is learned, and the other one counts."""
    if "label" not in rows.column_names:
        return
    names = getattr(rows.features["label"], "names", None)
    for place, (label, answer) in enumerate(zip(rows["label"][:], rows["answer"][:])):
        if names and isinstance(answer, str) and answer != names[label]:
            raise CourseError(f"Row {place} has the answer {shown(answer)} and the label {label}, which is "
                              f"{shown(names[label])}: which of them is right? Without a head a model learns the "
                              "answer and is measured by the label. Mend the row, or leave it out.")


def texts_in(rows, column: str) -> list[str]:
    """A column of texts; CourseError, with its number, for a row in which it holds none."""
    texts = rows[column][:]
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise CourseError(f"The column {column} holds a text for each row; row {place} has {shown(text)}.")
    return texts


def labels_for(method, rows, classes: list[str] | None) -> list[int]:
    """Each row's class as the method's head counts them, found by its name: another file may count them otherwise.

    Without `classes`, the names of the head's outputs, the numbers are all there is. CourseError for a class that the
    head does not know.
    """
    labels = rows["label"][:]
    if classes:
        names = class_names(rows)
        if others := sorted({names[label] for label in labels} - set(classes)):
            raise CourseError(f"The head knows its classes by their names, {', '.join(map(shown, classes))}, and these "
                              f"rows have the class {shown(others[0])}. Rename the classes of the rows, or train a new "
                              f"{method.name} on them.")
        labels = [classes.index(names[label]) for label in labels]
    size = method.head.out_features
    if wrong := [label for label in labels if label not in range(size)]:
        raise CourseError(f"The head has {size} labels, 0 to {size - 1}, and a row has the label {shown(wrong[0])}. "
                          "Build the method with num_labels for all of them.")
    return labels


def class_names(rows) -> list[str]:
    """The names of a task's classes, its answer words; CourseError for labels without names."""
    names = getattr(rows.features["label"], "names", None)
    if names is None:
        raise CourseError("The column label has no names for its classes. load_task gives it some, for a file of "
                          "yours, too; or cast the column to datasets.ClassLabel(names=[...]).")
    return names


def check_classes(rows) -> None:
    """CourseError for a class of which there is no row to learn from."""
    if "label" not in rows.column_names:
        return
    found = set(rows.with_format(None)["label"][:])
    absent = [name for place, name in enumerate(class_names(rows)) if place not in found]
    if absent:
        raise CourseError(f"There is no row of the class {absent[0]!r} to learn from, among {len(rows)} rows. Take "
                          "more rows, or leave the class out of the task.")
