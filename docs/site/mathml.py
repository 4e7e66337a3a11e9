"""Formulas as they stand in docstrings, such as `v = beta_2 * v + (1 - beta_2) * g**2`, as MathML.

Lines are rows; runs of spaces part a row into columns. What is no formula stays text.
"""

import ast
import html
import re

GREEK = ["alpha", "beta", "gamma", "delta", "epsilon", "eta", "lambda", "mu", "pi", "rho", "sigma", "tau", "Phi"]
MINUS, PRIME = "<mo>&minus;</mo>", "<mo>&prime;</mo>"
LEFT = '<mtd style="text-align: left"><mrow>{}</mrow></mtd>'
OPERATORS = {ast.Add: "+", ast.Sub: "&minus;", ast.Mult: "·", ast.MatMult: "@"}
RELATIONS = {ast.Lt: "&lt;", ast.LtE: "≤", ast.Gt: "&gt;", ast.GtE: "≥", ast.Eq: "=", ast.NotEq: "≠"}
SUM, PRODUCT, POWER, ATOM = range(1, 5)
PRECEDENCE = {ast.Add: SUM, ast.Sub: SUM, ast.Mult: PRODUCT, ast.MatMult: PRODUCT, ast.FloorDiv: ATOM, ast.Div: ATOM}


def mathml(lines):
    """One block of MathML for the lines of a formula, or None if none of them is one."""
    rows = [[_cell(cell) for cell in re.split(r" {2,}", line.strip())] for line in lines]
    if not any(is_formula for row in rows for _, is_formula in row):
        return None
    cells = ["".join(LEFT.format(text) for text, _ in row) for row in rows]
    body = "".join(f"<mtr>{row}</mtr>" for row in cells)
    return f'<math display="block" class="formula"><mtable displaystyle="true">{body}</mtable></math>'


def _cell(cell):
    parts = []
    for piece in _split(cell, ", "):
        try:
            parts.append((f"<mrow>{_relation(piece)}</mrow>", True))
        except (SyntaxError, ValueError, KeyError):
            parts.append((f"<mtext>{html.escape(piece)}</mtext>", False))
    joined = '<mtext>, </mtext><mspace width="0.4em"/>'.join(text for text, _ in parts)
    return f"<mrow>{joined}</mrow>", any(is_formula for _, is_formula in parts)


def _relation(text):
    """`a = b`, `a ~ b`, or an expression."""
    for sign in (" = ", " ~ "):
        sides = _split(text, sign)
        if len(sides) > 1:
            return f"<mo>{sign.strip()}</mo>".join(_relation(side) for side in sides)
    is_prose = "..." in text or text.endswith(",") or re.search(r"\w-\w", text)
    if is_prose or not re.search(r"[*/()+\-<>\[\]]|^[\w.|']+$", text):
        raise ValueError(text)
    tree = ast.parse(_python(text), mode="eval").body
    return _expression(tree)


def _python(text):
    text = re.sub(r"\b(\d)([a-z])\b", r"\1 * \2", text.strip())
    text = re.sub(r"\b([A-Za-z]\w*)'", r"prime(\1)", text)
    while "|" in text:  # |a + b|
        text, found = re.subn(r"\|([^|]+)\|", r"abs(\1)", text, count=1)
        if not found:
            raise ValueError(text)
    return text.replace("lambda", "lambda_")


def _split(text, separator):
    """Parts between separators that are outside of brackets."""
    parts, depth, start, i = [], 0, 0, 0
    while i < len(text):
        depth += (text[i] in "([{") - (text[i] in ")]}")
        if depth == 0 and text.startswith(separator, i):
            parts.append(text[start:i])
            i += len(separator)
            start = i
        else:
            i += 1
    return [*parts, text[start:]]


def _expression(node, least=0):
    """MathML of a node, in parentheses where it binds less than asked."""
    text, binds = _parts(node)
    return text if binds >= least else f"<mrow><mo>(</mo>{text}<mo>)</mo></mrow>"


def _parts(node):
    match node:
        case ast.Name(id=name):
            return _name(name), ATOM
        case ast.Constant(value=value):
            text = html.escape(str(value) if not isinstance(value, str) else f'"{value}"')
            return (f"<mn>{text}</mn>" if not isinstance(value, str) else f"<mtext>{text}</mtext>"), ATOM
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return f"<mfrac><mrow>{_expression(left)}</mrow><mrow>{_expression(right)}</mrow></mfrac>", ATOM
        case ast.BinOp(left=left, op=ast.FloorDiv(), right=right):
            inside = f"<mfrac><mrow>{_expression(left)}</mrow><mrow>{_expression(right)}</mrow></mfrac>"
            return f"<mo>⌊</mo>{inside}<mo>⌋</mo>", ATOM
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return f"<msup><mrow>{_expression(left, ATOM)}</mrow><mrow>{_expression(right)}</mrow></msup>", POWER
        case ast.BinOp(left=left, op=op, right=right):
            binds = PRECEDENCE[type(op)]
            after = binds + (isinstance(op, ast.Sub))
            sign = f"<mo>{OPERATORS[type(op)]}</mo>"
            after += isinstance(right, ast.UnaryOp)
            return f"{_expression(left, binds)}{sign}{_expression(right, after)}", binds
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return f"{MINUS}{_expression(operand, PRODUCT)}", PRODUCT
        case ast.Compare(left=left, ops=ops, comparators=others):
            text = _expression(left, SUM)
            for op, other in zip(ops, others, strict=True):
                text += f"<mo>{RELATIONS[type(op)]}</mo>{_expression(other, SUM)}"
            return text, 0
        case ast.IfExp(test=test, body=body, orelse=orelse):
            rows = [(_expression(body), f'<mtext>if</mtext><mspace width="0.3em"/>{_expression(test)}')]
            rows.append((_expression(orelse), "<mtext>else</mtext>"))
            cells = "".join(f"<mtr>{LEFT.format(value)}{LEFT.format(where)}</mtr>" for value, where in rows)
            return f'<mrow><mo stretchy="true">{{</mo><mtable>{cells}</mtable></mrow>', ATOM
        case ast.Subscript(value=ast.Name(id="E"), slice=inside):
            return f"<mi>E</mi><mo>[</mo>{_expression(inside)}<mo>]</mo>", ATOM
        case ast.Subscript(value=value, slice=inside):
            items = inside.elts if isinstance(inside, ast.Tuple) else [inside]
            index = "<mo>,</mo>".join(_expression(item) for item in items)
            return f"<msub><mrow>{_expression(value, ATOM)}</mrow><mrow>{index}</mrow></msub>", ATOM
        case ast.Slice(lower=None, upper=None):
            return "<mo>:</mo>", ATOM
        case ast.Tuple(elts=items):
            return f"<mo>(</mo>{'<mo>,</mo>'.join(map(_expression, items))}<mo>)</mo>", ATOM
        case ast.Call(func=ast.Name(id="sqrt"), args=[inside]):
            return f"<msqrt>{_expression(inside)}</msqrt>", ATOM
        case ast.Call(func=ast.Name(id="abs"), args=[inside]):
            return f"<mrow><mo>|</mo>{_expression(inside)}<mo>|</mo></mrow>", ATOM
        case ast.Call(func=ast.Name(id="prime"), args=[inside]):
            return f"<msup>{_expression(inside)}{PRIME}</msup>", ATOM
        case ast.Call(func=func, args=arguments, keywords=[]):
            inside = "<mo>,</mo>".join(map(_expression, arguments))
            return f"{_expression(func, ATOM)}<mo>&#8289;</mo><mo>(</mo>{inside}<mo>)</mo>", ATOM
    raise ValueError(ast.dump(node))


def _name(name):
    name = "lambda" if name == "lambda_" else name
    stem, _, index = name.rpartition("_")
    if index == "hat":
        return f'<mover accent="true">{_name(stem)}<mo>^</mo></mover>'
    if stem and "_" not in stem and (stem in GREEK or len(stem) == 1):
        return f"<msub>{_name(stem)}{_name(index)}</msub>"
    digit = re.fullmatch(r"([A-Za-z])(\d)", name)
    if digit:
        return f"<msub><mi>{digit[1]}</mi><mn>{digit[2]}</mn></msub>"
    if name.isdigit():
        return f"<mn>{name}</mn>"
    if name in GREEK:
        return f"<mi>&{name};</mi>"
    return f"<mi>{name}</mi>" if len(name) == 1 else f'<mi mathvariant="normal">{html.escape(name)}</mi>'
