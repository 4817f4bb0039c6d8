"""Evaluates expressions of CloudWatch's metric math: numbers, names of metrics, + - * / and FILL with a number.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping

from tests.unit.components.alarms.errors import NotUnderstoodError

Values = Mapping[str, float | None]
"""The values of one period, by the names that the expression has for the metrics. None: there are no data."""

OPERATORS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def value(expression: str, values: Values) -> float | None:
    """Returns an expression's value in one period, or None if it has none. Raises NotUnderstoodError."""
    try:
        return _value(ast.parse(expression, mode="eval").body, values)
    except SyntaxError as error:
        raise NotUnderstoodError(f"The evaluator can't read the expression {expression!r} of metric math.") from error


def _value(node: ast.expr, values: Values) -> float | None:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name) if name in values:
            return values[name]
        case ast.BinOp(op=op) if type(op) in OPERATORS:
            return _combined(node, values)
        case ast.Call(func=ast.Name(id="FILL"), args=[filled, ast.Constant(value=int() | float() as number)]):
            there = _value(filled, values)
            return float(number) if there is None else there
    raise NotUnderstoodError(f"The evaluator does not know {ast.unparse(node)!r} of metric math: teach it.")


def _combined(node: ast.BinOp, values: Values) -> float | None:
    """Returns the value of an arithmetic operation.

    A metric's missing value counts as 0 beside another metric's. A division by zero has no value.
    """
    left, right = _value(node.left, values), _value(node.right, values)
    if (left is None or right is None) and (left is right or _is_number(node.left) or _is_number(node.right)):
        return None
    if isinstance(node.op, ast.Div) and not right:
        return None
    return OPERATORS[type(node.op)](left or 0, right or 0)


def _is_number(node: ast.expr) -> bool:
    return not any(isinstance(each, ast.Name) for each in ast.walk(node))
