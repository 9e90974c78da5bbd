"""What cannot be answered, or not without a doubt, is refused: models, methods, prompts."""
from course_lib import architecture
from course_lib.errors import CourseError, shown
from course_lib.methods.base.method import Method, check_free
from course_lib.methods.prompt_tuning import MixedPrompts
from course_lib.offline.tables.row import is_text
from course_lib.prompting import reading


def check_pair(model, tokenizer, method) -> None:
    """CourseError where the model does not write, is no longer what it was loaded as, or the method does not go with
    it.
    """
    reading.check_model(model)
    architecture.check_model(model, "predict")
    reading.check_tokenizer(tokenizer)
    check_free(model, "predict with it; give the method to predict instead")
    check_unchanged(model)
    if method is not None:
        check_method(model, method)
    for one, what in ((model, "The model"), (method, "The method")):
        for name, tensor in (one.state_dict() if one is not None else {}).items():
            if not tensor.isfinite().all():
                raise CourseError(f"{what} holds nan or inf in {name}, which are no numbers to compute with. Its "
                                  "training failed: take an earlier copy.")


def check_method(model, method) -> None:
    """CourseError for what is no method, was built on another model, or does not write a text after a prompt alone."""
    if not isinstance(method, Method):
        raise CourseError(f"method is one of course_lib.methods, or None; you gave {shown(method)}.")
    if method.takes_source:
        raise CourseError(f"{method.name} needs another text, a source, beside every prompt, and predict has prompts "
                          "alone. Call `evaluate`, whose rows have a column source.")
    if method.head is not None:
        raise CourseError(f"This {method.name} has a head of its own: it names a class and writes no answer. Call "
                          "`evaluate`, or train the method without num_labels.")
    if isinstance(method, MixedPrompts):
        raise CourseError("Mixed prompts belong to the rows of one batch, and predict makes batches of its own. Give "
                          "one prompt, and call predict once for each.")
    method.check_base(model)


def unreadable(prompt: object) -> str | None:
    """Why this is no prompt, whatever the model; None where it is one."""
    if not isinstance(prompt, str):
        return "the prompt is missing" if prompt is None else f"the prompt is {shown(prompt)}, which is no text"
    if not prompt.strip():
        return "the prompt is empty"
    if not is_text(prompt):
        return "the prompt holds half of a character (a surrogate without its other half)"
    return None


def check_unchanged(model) -> None:
    """CourseError where somebody's hook, function or parametrisation changes what the model computes."""
    for name, module in model.named_modules():
        hooks = [*module._forward_hooks.values(), *module._forward_pre_hooks.values()]
        foreign = [hook for hook in hooks
                   if not str(getattr(hook, "__module__", "")).startswith("transformers.")]  # these only look on
        own = "forward" in vars(module)
        if foreign or own or hasattr(module, "parametrizations"):
            what = "a hook" if foreign else "a `forward` of its own" if own else "a parametrisation"
            raise CourseError(f"{name or 'The model'} has {what}, which may change the answers, and no key would tell. "
                              "Take that off, or load the model again.")
