"""Small faults to be put into the code one at a time: cosmic-ray's operators, and five that it lacks.

A fault that changes types only (an annotation), a docstring, ``__all__`` or the words of a sentence is none: what a
program computes does not depend on it.
"""

from __future__ import annotations

import ast
import difflib
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import parso
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Example, Operator
from cosmic_ray.operators.provider import OperatorProvider

__all__ = ["Mutant", "sample_mutants"]

_KEPT = (
    r"ReplaceComparisonOperator_(Eq_NotEq|NotEq_Eq|Lt_LtE|Lt_GtE|LtE_Lt|LtE_Gt|Gt_GtE|Gt_LtE|GtE_Gt|GtE_Lt|Is_IsNot|IsNot_Is)"
    r"|ReplaceUnaryOperator_.*|AddNot|Replace(True|False)With.*|Replace(And|Or)With.*"
    r"|Replace(Break|Continue)With.*|ExceptionReplacer|NumberReplacer|ZeroIterationForLoop"
    r"|ReplaceBinaryOperator_(Add_Sub|Sub_Add|Mul_Div|Div_Mul|FloorDiv_Div|Mod_FloorDiv|Pow_Mul|BitOr_BitAnd"
    r"|BitAnd_BitOr|BitXor_BitOr|RShift_LShift|LShift_RShift)"
)
_WORDS = re.compile(r"\s|[。，、；：（）]")  # a text with blanks or Chinese punctuation is a sentence
_OF_NO_VALUE = ("eq", "slots", "strict", "pure", "maxsize", "repr")
"""Keywords that decide on speed, on checks and on what is printed, not on a value."""
_SAME = ("stable",)
"""Words of which numpy reads the first letter."""
_SYMMETRIC = ("min", "max", "minimum", "maximum", "hypot", "fmin", "fmax", "logaddexp")
_SILENT_CALLS = ("logger.", "logging.", "on_stage(", "advance(")


@dataclass(frozen=True)
class Mutant:
    """One fault: where it stands, what makes it, and the file with it."""

    module: str
    function: str
    line: int
    operator: str
    code: str
    diff: str

    @property
    def change(self) -> str:
        """The changed lines in one: ``old -> new``; names the fault in the list of equivalent ones."""
        old = " ".join(line[1:].strip() for line in self.diff.splitlines() if re.match(r"-(?!--)", line))
        new = " ".join(line[1:].strip() for line in self.diff.splitlines() if re.match(r"\+(?!\+\+)", line))
        return f"{old} -> {new}"


class NoneForArgument(Operator):  # type: ignore[misc]
    """``f(a=b)`` becomes ``f(a=None)``."""

    def mutation_positions(self, node: Any) -> Iterator[Any]:
        """Keyword arguments of calls, but for those that are None."""
        if node.type == "argument" and len(node.children) == 3:
            name, equals, value = (child.get_code().strip() for child in node.children)
            if equals == "=" and value != "None" and name not in _OF_NO_VALUE:
                yield node.start_pos, node.end_pos

    def mutate(self, node: Any, _index: int) -> Any:
        """Put None in place of the value."""
        node.children[2] = parso.parse("None")
        return node

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """See the class."""
        return (Example("f(a=b)", "f(a=None)"),)


class SwapArguments(Operator):  # type: ignore[misc]
    """``f(a, b)`` becomes ``f(b, a)``."""

    def mutation_positions(self, node: Any) -> Iterator[Any]:
        """Calls whose first two arguments are plain and differ."""
        if node.type == "arglist" and len(node.children) >= 3 and node.parent.type == "trailer":
            first, _, second = node.children[:3]
            plain = {first.type, second.type}.isdisjoint({"argument"})
            called = node.parent.get_previous_leaf().value
            if plain and called not in _SYMMETRIC and first.get_code().strip() != second.get_code().strip():
                yield node.start_pos, node.end_pos

    def mutate(self, node: Any, _index: int) -> Any:
        """Change the places of the first two."""
        first, _, second = node.children[:3]
        code = first.get_code(include_prefix=False), second.get_code(include_prefix=False)
        node.children[0], node.children[2] = parso.parse(code[1]), parso.parse(" " + code[0])
        return node

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """See the class."""
        return (Example("f(a, b)", "f(b, a)"),)


class RemoveStatement(Operator):  # type: ignore[misc]
    """``x += 1``, ``x[0] = y`` or a call whose result nobody takes becomes ``pass``."""

    def mutation_positions(self, node: Any) -> Iterator[Any]:
        """Statements that nothing needs to be defined."""
        if node.type != "simple_stmt":
            return
        one, code = node.children[0], node.children[0].get_code(include_prefix=False)
        call = one.type in ("atom_expr", "power") and code.endswith(")") and not code.startswith(_SILENT_CALLS)
        change = one.type == "expr_stmt" and (
            one.children[1].get_code().strip()[0] not in "=:" or one.children[0].type == "atom_expr"
        )
        if call or change:
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, _index: int) -> Any:
        """Do nothing instead."""
        prefix = node.get_first_leaf().prefix
        return parso.parse(prefix + "pass\n")

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """See the class."""
        return (Example("x += 1\n", "pass\n"),)


class OtherNumber(Operator):  # type: ignore[misc]
    """A number with a fraction becomes a quarter larger."""

    def mutation_positions(self, node: Any) -> Iterator[Any]:
        """Numbers that are no integers."""
        if node.type == "number" and re.fullmatch(r"[\d_.]+(e[-+]?\d+)?", node.value) and "." in node.value:
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, _index: int) -> Any:
        """Write the larger one; 0 becomes 1."""
        node.value = repr(float(node.value) * 1.25 or 1.0)
        return node

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """See the class."""
        return (Example("x = 2.0", "x = 2.5"),)


class OtherName(Operator):  # type: ignore[misc]
    """A name, unit or key written as a string becomes another one."""

    def mutation_positions(self, node: Any) -> Iterator[Any]:
        """Strings without blanks that are no docstring."""
        if node.type == "string" and node.parent.type not in ("simple_stmt", "strings"):
            value = node.value.strip("rbuf\"'")
            if value and "{" not in value and value not in _SAME and not _WORDS.search(value):
                yield node.start_pos, node.end_pos

    def mutate(self, node: Any, _index: int) -> Any:
        """Write a letter more."""
        end = 3 if node.value.endswith(('"""', "'''")) else 1
        node.value = node.value[:-end] + "x" + node.value[-end:]
        return node

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """See the class."""
        return (Example('x["a"]', 'x["ax"]'),)


_OWN = {one.__name__: one for one in (NoneForArgument, SwapArguments, RemoveStatement, OtherNumber, OtherName)}


@lru_cache(maxsize=1)
def operators() -> dict[str, Operator]:
    """All operators by name."""
    provider = OperatorProvider()
    kept = {name: provider[name]() for name in provider if re.fullmatch(_KEPT, name)}
    return kept | {name: one() for name, one in _OWN.items()}


def sample_mutants(root: Path, modules: Sequence[str], *, count: int, seed: int) -> list[Mutant]:
    """Draw ``count`` different faults: a module by its length, a place in it, an operator that fits there.

    Every module has the same chance per statement; a place where many operators fit has no more chance than others.
    """
    chance = random.Random(seed)
    sources = {module: (root / module).read_text(encoding="utf-8") for module in modules}
    weights = [_statements(source) for source in sources.values()]
    drawn: dict[tuple[str, str], Mutant] = {}
    for _ in range(count * 50):
        if len(drawn) == count or not any(weights):
            break
        module = chance.choices(list(sources), weights)[0]
        places = _places(sources[module])
        if places and (mutant := _mutate(module, sources[module], *chance.choice(chance.choice(places)))) is not None:
            drawn.setdefault((module, mutant.diff), mutant)
    return list(drawn.values())


def _statements(source: str) -> int:
    return sum(isinstance(node, ast.stmt) for node in ast.walk(ast.parse(source)))


@lru_cache(maxsize=256)
def _places(source: str) -> list[list[tuple[str, int]]]:
    """Where the module may be changed: for each position the operators that fit, with their occurrence."""
    counts: dict[str, int] = {}
    places: dict[Any, list[tuple[str, int]]] = {}
    for node in ast_nodes(get_ast(source)):
        in_signature = node.parent is not None and node.parent.type in ("parameters", "param", "lambdef")
        for name, operator in operators().items():
            for position in operator.mutation_positions(node):
                if not (in_signature and name.startswith("ReplaceBinary")):  # the star of `f(a, *, b)`
                    places.setdefault(position[0], []).append((name, counts.get(name, 0)))
                counts[name] = counts.get(name, 0) + 1
    return list(places.values())


@lru_cache(maxsize=4096)
def _mutate(module: str, source: str, name: str, occurrence: int) -> Mutant | None:
    """Apply one operator; None where the program stays what it was or is none any more."""
    try:
        code = mutate_code(source, operators()[name], occurrence)
        tree = ast.parse(code or "")
    except (SyntaxError, AttributeError):  # the latter where cosmic-ray meets `except (a.b, c)`
        return None
    if code is None:
        return None
    if _computed(tree) == _computed(ast.parse(source)):
        return None
    lines = difflib.unified_diff(source.splitlines(), code.splitlines(), module, module, lineterm="", n=0)
    diff = "\n".join(line for line in lines if not line.startswith(("---", "+++")))
    line = int(match.group(1)) if (match := re.search(r"^@@ -(\d+)", diff)) else 0
    return Mutant(module, function_at(ast.parse(source), line), line, name, code, diff)


def function_at(tree: ast.Module, line: int) -> str:
    """Qualified name of the innermost function that holds a line, decorators included; empty outside of functions."""
    name = ""
    for node, qualified in functions(tree):
        first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
        if first <= line <= (node.end_lineno or first):
            name = qualified
    return name


def functions(node: ast.AST, prefix: str = "") -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, str]]:
    """All functions of a module with their qualified names, outer ones first."""
    for child in ast.iter_child_nodes(node):
        named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        name = f"{prefix}{child.name}." if named else prefix
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child, name.rstrip(".")
        yield from functions(child, name)


def _computed(tree: ast.Module) -> str:
    """The module without annotations, docstrings, ``__all__``, checks of lengths and ``TYPE_CHECKING`` blocks."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            node.keywords = [one for one in node.keywords if one.arg != "strict"]
        for name in ("annotation", "returns"):
            if getattr(node, name, None) is not None:
                setattr(node, name, ast.Constant("" if name == "annotation" else None))
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [one for one in body if not _is_silent(one)] or [ast.Pass()]  # type: ignore[attr-defined]
    return ast.dump(tree)


def _is_silent(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id == "__all__" or "TypeVar" in ast.dump(node.value)
    return False
