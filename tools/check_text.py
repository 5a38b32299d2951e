#!/usr/bin/env python3
"""Checks the words in our files: no paths of one machine, no package registry's host, no secret, no dead link.

A stranger must be able to use every file anywhere: what a file says about where it was written is noise or a leak.
"""

import re
import sys

from source_tree import our_files, read, run_checker

# Written in pieces so that this file passes its own check.
HOSTS = ["registry." + "npmjs.org", "registry." + "yarnpkg.com", "pypi" + ".org", "pythonhosted" + ".org",
         "crates" + ".io", "deb." + "debian.org", "repo1." + "maven.org", "conda." + "anaconda.org"]
RULES = [
    (re.compile(r"(?<![\w.~/-])/(?:ho" + r"me|Us" + r"ers)/(?!you\b|USER\b|\$|<)[A-Za-z0-9_.-]+"), "a path in one person's home"),
    (re.compile(r"(?<![\w.~/-])/ro" + r"ot/[A-Za-z0-9_.-]+"), "a path in root's home"),
    (re.compile(r"(?<![\w.~/$}-])/wo" + r"rk/[A-Za-z0-9_.-]+"), "a path of one machine"),
    (re.compile("|".join(re.escape(host) for host in HOSTS)), "a registry's host name; the client's own settings decide"),
    (re.compile(r"-----BEGIN (?:RSA |EC )?PRIVATE" + " KEY-----"), "a private key"),
    (re.compile(r"\b(?:ghp|github_pat|hf)_[A-Za-z0-9]{20,}"), "a token"),
    (re.compile(r"^(?:<<<<<<<|>>>>>>>) ", re.MULTILINE), "a merge conflict"),
]
LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)|!\[[^\]\n]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
BINARY = {".gguf", ".png", ".jpg", ".webp", ".safetensors", ".bin", ".zip", ".gz", ".npz"}
LOCK_FIELDS = re.compile(r'"resolved"\s*:\s*"http')


def heading_anchors(source):
    """Anchors as the usual Markdown viewers make them."""
    return {re.sub(r"[^\w\- ]", "", line.lstrip("#").strip().lower()).replace(" ", "-")
            for line in FENCE.sub("", source).splitlines() if line.startswith("#")}


def check_links(root, path, source):
    text = FENCE.sub(lambda match: "\n" * match.group(0).count("\n"), source)
    for match in LINK.finditer(text):
        target, _, anchor = (match[1] or match[2]).partition("#")
        line = text.count("\n", 0, match.start()) + 1
        if re.match(r"[a-z]+:", target):
            continue
        file = (root / path).parent / target if target else root / path
        if not file.exists():
            yield f"{path}:{line}: dead link to {target}"
        elif anchor and file.suffix == ".md" and anchor not in heading_anchors(file.read_text(encoding="utf-8")):
            yield f"{path}:{line}: {target or path} has no heading #{anchor}"


def check_file(root, path):
    if path.suffix in BINARY:
        return
    source = read(root, path)
    if "\0" in source[:4096]:
        return
    for pattern, what in RULES:
        for match in pattern.finditer(source):
            yield f"{path}:{source.count(chr(10), 0, match.start()) + 1}: {match.group(0)!r} is {what}"
    if path.name == "package-lock.json" and LOCK_FIELDS.search(source):
        yield f"{path}:1: a lock file with 'resolved' addresses; strip them"
    if path.suffix == ".md":
        yield from check_links(root, path, source)


def check(root):
    return [problem for path in our_files(root) for problem in check_file(root, path)]


if __name__ == "__main__":
    sys.exit(run_checker("text", __doc__, check))
