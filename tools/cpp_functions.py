"""Finds functions in C++ source well enough to measure them: name, lines, parameter count. Not a parser of the language:
it follows braces and tells scopes, functions and initialisers apart by the tokens before a brace."""

import dataclasses
import re

from source_tree import blank_literals, blank_preprocessor

_TOKEN = re.compile(r"[A-Za-z_]\w*|::|->|\d[\w.']*|[^\s\w]")
_OPEN, _CLOSE = {"(": ")", "[": "]", "{": "}"}, {")", "]", "}"}
_SCOPE_WORDS = {"class", "struct", "union"}
_AFTER_PARAMETERS = {"const", "noexcept", "override", "final", "mutable", ")", "]", ">", "&", "*"}


@dataclasses.dataclass
class Function:
    name: str
    line: int  # of the first token of its declaration
    line_count: int  # declaration and body; 0 for a declaration without body
    parameter_count: int


@dataclasses.dataclass
class Token:
    text: str
    line: int


def tokens_of(source):
    text = blank_preprocessor(blank_literals(source))
    line, position, result = 1, 0, []
    for match in _TOKEN.finditer(text):
        line += text.count("\n", position, match.start())
        position = match.start()
        result.append(Token(match.group(0), line))
    return result


def _matching(tokens, start):
    """Index of the bracket that closes the one at start."""
    depth = 0
    for index in range(start, len(tokens)):
        if tokens[index].text in _OPEN:
            depth += 1
        elif tokens[index].text in _CLOSE:
            depth -= 1
            if depth == 0:
                return index
    return len(tokens) - 1


def _without_template(statement):
    """Drops a leading 'template <…>' and attributes."""
    while statement and statement[0].text in ("template", "["):
        if statement[0].text == "[":
            statement = statement[_matching(statement, 0) + 1:]
            continue
        depth, index = 0, 1
        while index < len(statement):
            depth += {"<": 1, ">": -1}.get(statement[index].text, 0)
            index += 1
            if depth == 0:
                break
        statement = statement[index:]
    return statement


def _parameter_list(statement):
    """Index of the '(' that opens the parameters, or None: the first one outside angle brackets that follows a name."""
    angle = 0
    for index, token in enumerate(statement):
        previous = statement[index - 1].text if index else ""
        before = statement[index - 2].text if index > 1 else ""
        if previous == "operator" and token.text in "<>=(" or before == "operator" and token.text in "<>=":
            continue  # operator<, operator==, operator()
        if token.text == "<":
            angle += 1
        elif token.text == ">" and angle:
            angle -= 1
        elif token.text == "=" and angle == 0:
            return None
        elif token.text == "(" and angle == 0:
            if re.match(r"[A-Z_]{6,}$", previous) and index + 1 < len(statement) and _matching(statement, index) + 1 < len(statement) \
                    and re.match(r"[A-Za-z_]", statement[_matching(statement, index) + 1].text) and index == 1:
                continue  # an annotation macro before the declaration
            return index
    return None


def _count_parameters(statement, start):
    end = _matching(statement, start)
    inside = statement[start + 1:end]
    if not inside or [token.text for token in inside] == ["void"]:
        return 0
    depth = angle = commas = 0
    for token in inside:
        if token.text in _OPEN:
            depth += 1
        elif token.text in _CLOSE:
            depth -= 1
        elif token.text == "<":
            angle += 1
        elif token.text == ">":
            angle = max(angle - 1, 0)
        elif token.text == "," and depth == 0 and angle == 0:
            commas += 1
    return commas + 1


def _name_before(statement, start):
    names, index = [], start - 1
    while index >= 0 and (re.match(r"[\w~]", statement[index].text) or statement[index].text == "::"):
        names.append(statement[index].text)
        if statement[index].text not in ("::", "~") and index and statement[index - 1].text not in ("::", "~"):
            break
        index -= 1
    if not names:
        return "operator" + "".join(token.text for token in statement[max(start - 2, 0):start] if token.text != "operator")
    return "".join(reversed(names))


def _is_body(statement, parameters):
    """Whether a '{' after this statement opens the function's body, rather than a member's initialiser."""
    end = _matching(statement, parameters)
    rest = statement[end + 1:]
    if any(token.text == ":" for token in rest):  # constructor: members are initialised as a(x) or a{x}
        return statement[-1].text in (")", "}")
    return True


def functions_of(source):
    """All functions with bodies and all declarations at namespace and class scope."""
    return list(_functions(tokens_of(source)))


def _functions(tokens):
    statement, index = [], 0
    while index < len(tokens):
        token = tokens[index]
        if token.text in (";", "}") or (token.text == ":" and len(statement) == 1 and statement[0].text in ("public", "private", "protected")):
            if token.text == ";":
                yield from _declaration(statement)
            statement, index = [], index + 1
        elif token.text in ("(", "["):
            end = _matching(tokens, index)
            statement += tokens[index:end + 1]
            index = end + 1
        elif token.text == "{":
            end = _matching(tokens, index)
            head = _without_template(statement)
            words = [part.text for part in head]
            parameters = _parameter_list(head)
            if "namespace" in words[:2] or words[:1] == ["extern"] and parameters is None or words[:1] and words[0] in _SCOPE_WORDS and (
                    parameters is None or words[0] != "struct" or "::" not in words):
                statement, index = [], index + 1  # look inside; the closing brace ends an empty statement
            elif parameters is not None and "enum" not in words[:2] and _is_body(head, parameters):
                yield Function(_name_before(head, parameters), head[0].line, tokens[end].line - head[0].line + 1,
                               _count_parameters(head, parameters))
                statement, index = [], end + 1
            else:
                statement += [token, tokens[end]]
                index = end + 1
        else:
            statement.append(token)
            index += 1


def _declaration(statement):
    head = _without_template(statement)
    if not head or head[0].text in ("using", "typedef", "static_assert", "friend", "enum", "extern", "return"):
        return
    parameters = _parameter_list(head)
    if parameters is None or parameters == 0:
        return
    yield Function(_name_before(head, parameters), head[0].line, 0, _count_parameters(head, parameters))
