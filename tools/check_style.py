#!/usr/bin/env python3
"""Holds our files to the measurable part of the house style: sizes, headers, names, white space.

Exceptions: tools/style_exceptions.txt, one a line: path, rule, number allowed, '#', reason. The list only shrinks: an
exception that is no longer needed, or allows more than is needed, is itself a problem.
"""

import ast
import collections
import dataclasses
import re
import sys

from cpp_functions import functions_of
from source_tree import CPP_SUFFIXES, blank_literals, our_files, read, run_checker

FILE_LINES_MAX = 600
TEST_FILE_LINES_MAX = 800
FUNCTION_LINES_MAX = 70
PARAMETERS_MAX = 5

TEXT_SUFFIXES = {".h", ".cc", ".py", ".sh", ".md", ".txt", ".cmake", ".json", ".toml", ".yml", ".env", ".mjs", ".js", ".ts", ".sql", ""}
CODE_SUFFIXES = {".h", ".cc", ".py", ".sh", ".cmake", ".mjs", ".js", ".ts", ".sql"}
DATA_FOLDERS = ("tests/data/", "fuzz/corpus/")
EMPTY_NOUNS = re.compile(r"(^|_)(util|utils|utility|utilities|helper|helpers|manager|managers|misc|stuff)$")
EMPTY_CLASS = re.compile(r"\b(?:class|struct)\s+(\w*(?:Util|Utils|Utility|Helper|Helpers|Manager))\b(?!\s*;)")
MACRO_PARAMETERS = re.compile(r"^(?:TEST|TEST_F|TEST_P|INSTANTIATE_TEST_SUITE_P|BENCHMARK|MATCHER\w*)$")
CPP_FILE_NAME = re.compile(r"^[a-z0-9_]+\.(h|cc)$")


@dataclasses.dataclass
class Problem:
    path: str
    line: int
    rule: str
    text: str
    amount: int = 0  # for rules with a limit

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text} [{self.rule}]"


def is_code(path):
    return path.suffix in CODE_SUFFIXES or path.parts[0] in ("tools", ".ci") and path.suffix == ""


def is_test(path):
    return path.parts[0] == "tests" or path.stem.endswith("_test") or path.stem.startswith("test_")


def check_size(path, lines):
    limit = TEST_FILE_LINES_MAX if is_test(path) else FILE_LINES_MAX
    if is_code(path) and len(lines) > limit:
        yield Problem(str(path), 1, "file-lines", f"{len(lines)} lines, at most {limit}: split it by responsibility", len(lines))


def check_white_space(path, source, lines):
    for number, line in enumerate(lines, 1):
        if line != line.rstrip() and path.suffix != ".md":
            yield Problem(str(path), number, "white-space", "trailing white space")
        if "\t" in line and path.name != "Makefile" and is_code(path):
            yield Problem(str(path), number, "white-space", "a tab")
    if source and not source.endswith("\n"):
        yield Problem(str(path), len(lines), "white-space", "no newline at the end")


def check_name(path):
    if EMPTY_NOUNS.search(path.stem):
        yield Problem(str(path), 1, "name", f"'{path.stem}' says nothing about what is inside; name the noun")


def check_header(path, source, all_paths):
    code = blank_literals(source, keep_strings=True)
    directives = re.findall(r"^[ \t]*#[ \t]*(.+?)\s*$", code, re.MULTILINE)
    if path.suffix == ".h" and directives[:1] != ["pragma once"]:
        yield Problem(str(path), 1, "header", "the first directive must be #pragma once")
    own = path.with_suffix(".h")
    if path.suffix == ".cc" and own in all_paths:
        includes = [directive for directive in directives if directive.startswith("include")]
        wanted = f'include "{"/".join(own.parts[1:])}"'
        if includes[:1] != [wanted]:
            yield Problem(str(path), 1, "header", f'its own header comes first: #{wanted}')


def check_cpp(path, source):
    for function in functions_of(source):
        if function.line_count > FUNCTION_LINES_MAX:
            yield Problem(str(path), function.line, "function-lines",
                          f"{function.name} has {function.line_count} lines, at most {FUNCTION_LINES_MAX}", function.line_count)
        if function.parameter_count > PARAMETERS_MAX and not MACRO_PARAMETERS.match(function.name):
            yield Problem(str(path), function.line, "parameters",
                          f"{function.name} has {function.parameter_count} parameters, at most {PARAMETERS_MAX}: "
                          "make an options struct", function.parameter_count)
    text = blank_literals(source)
    for match in EMPTY_CLASS.finditer(text):
        yield Problem(str(path), text.count("\n", 0, match.start()) + 1, "name", f"'{match[1]}': name the noun of the domain")
    if not CPP_FILE_NAME.match(path.name):
        yield Problem(str(path), 1, "name", "file names are snake_case.{h,cc}")


def check_python(path, source):
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        yield Problem(str(path), error.lineno or 1, "syntax", str(error))
        return
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = node.end_lineno - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                yield Problem(str(path), node.lineno, "function-lines", f"{node.name} has {lines} lines, at most {FUNCTION_LINES_MAX}", lines)
            count = len(node.args.posonlyargs) + len(node.args.args) + len(node.args.kwonlyargs)
            count -= bool(node.args.args and node.args.args[0].arg in ("self", "cls"))
            if count > PARAMETERS_MAX and not is_test(path):
                yield Problem(str(path), node.lineno, "parameters", f"{node.name} has {count} parameters, at most {PARAMETERS_MAX}", count)


def is_python(path, source):
    return path.suffix == ".py" or source.startswith("#!/usr/bin/env python3")


def check_file(root, path, all_paths):
    if path.suffix not in TEXT_SUFFIXES or str(path).startswith(DATA_FOLDERS) or path.name == "LICENSE":
        return
    source = read(root, path)
    lines = source.split("\n")[:-1] if source.endswith("\n") else source.split("\n")
    yield from check_size(path, lines)
    yield from check_white_space(path, source, lines)
    yield from check_name(path)
    if path.suffix in CPP_SUFFIXES:
        yield from check_header(path, source, all_paths)
        yield from check_cpp(path, source)
    elif is_python(path, source):
        yield from check_python(path, source)


def read_exceptions(root):
    """{(path, rule): allowed}, and problems in the file itself."""
    allowed, problems, name = {}, [], "tools/style_exceptions.txt"
    file = root / name
    for number, line in enumerate(file.read_text().splitlines() if file.exists() else [], 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields, _, reason = line.partition("#")
        parts = fields.split()
        if len(parts) != 3 or not parts[2].isdigit() or len(reason.strip()) < 10:
            problems.append(Problem(name, number, "exceptions", "a line is: path rule number # reason"))
        else:
            allowed[parts[0], parts[1]] = int(parts[2])
    return allowed, problems


def apply_exceptions(found, allowed):
    """Problems that no exception covers, plus exceptions that allow more than is needed."""
    largest, left = collections.Counter(), []
    for problem in found:
        key = (problem.path, problem.rule)
        largest[key] = max(largest[key], problem.amount)
        if problem.amount > allowed.get(key, 0) or not problem.amount:
            left.append(problem)
    for (path, rule), limit in allowed.items():
        if largest[path, rule] < limit:
            now = largest[path, rule]
            left.append(Problem("tools/style_exceptions.txt", 1, "exceptions",
                                f"{path} {rule} allows {limit}; " + (f"lower it to {now}" if now else "delete the line, it is not needed")))
    return left


def check(root):
    paths = our_files(root)
    all_paths = set(paths)
    allowed, problems = read_exceptions(root)
    found = [problem for path in paths for problem in check_file(root, path, all_paths)]
    return problems + apply_exceptions(found, allowed)


if __name__ == "__main__":
    sys.exit(run_checker("style", __doc__, check))
