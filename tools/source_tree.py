"""What the checkers share: which files are ours, and C++ source with its comments and strings blanked out."""

import argparse
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent

CPP_SUFFIXES = {".h", ".cc"}

# Files that other programs wrote: model folders and reference answers, kept byte for byte.
KEPT_AS_WRITTEN = ("models/", "tests/data/fixtures/")

_LITERAL = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^()\s\\]{0,16})\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|'
    r"(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.DOTALL)


def our_files(root=ROOT):
    """Paths relative to root: tracked files and new ones that git does not ignore; without git, every file."""
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard", "-z"],
                            capture_output=True, text=True)
    if listed.returncode == 0:
        names = [name for name in listed.stdout.split("\0") if name]
    else:
        names = [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]
    ours = (name for name in names if not name.startswith(KEPT_AS_WRITTEN) and (root / name).is_file())
    return sorted(map(pathlib.PurePosixPath, ours))


def read(root, path):
    return (root / path).read_text(encoding="utf-8", errors="replace")


def blank_literals(source, keep_strings=False):
    """Comments and string contents become spaces; line breaks stay, so that line numbers hold."""
    def blank(match):
        text = match.group(0)
        if keep_strings and not text.startswith("/"):
            return text
        return re.sub(r"[^\n]", " ", text) if text.startswith("/") else '"' + re.sub(r"[^\n]", " ", text[1:-1]) + '"'
    return _LITERAL.sub(blank, source)


def blank_preprocessor(source):
    """Preprocessor lines, with their continuations, become empty lines."""
    return re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda match: "\n" * match.group(0).count("\n"), source, flags=re.MULTILINE)


def run_checker(name, doc, check):
    """The command of one checker: prints what check(root) finds, a line each. Returns its exit status."""
    parser = argparse.ArgumentParser(description=doc.split("\n")[0])
    parser.add_argument("--root", type=pathlib.Path, default=ROOT)
    problems = check(parser.parse_args().root)
    print("\n".join(map(str, problems)) if problems else f"{name}: ok")
    return 1 if problems else 0
