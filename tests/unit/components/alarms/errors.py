"""The error of the evaluators."""


class NotUnderstoodError(Exception):
    """An alarm asks for something that its evaluator does not know: a person has to teach it."""
