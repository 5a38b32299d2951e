#!/usr/bin/env python3
"""Holds the include graph of src/ to the layers of docs/ARCHITECTURE.md.

  * a folder includes itself and folders below it, never one above, and never one that FORBIDDEN names;
  * no header includes itself through others;
  * a third-party header is included only where THIRD_PARTY allows: behind its one adapter.
"""

import re
import sys

from source_tree import CPP_SUFFIXES, blank_literals, our_files, read, run_checker

LAYERS = ["base", "compute", "formats", "tokenizer", "grammar", "text", "image", "jobs", "store", "api", "http", "app"]  # lowest first

FORBIDDEN = {  # downward, and still wrong
    ("api", "store"): "api/ sees the interfaces in jobs/stores.h only",
    ("http", "store"): "http/ sees the interfaces in jobs/stores.h only",
    ("http", "text"): "http/ moves bytes and knows no models",
    ("http", "image"): "http/ moves bytes and knows no models",
    ("image", "text"): "words and pictures meet in app/ only",
    ("text", "formats"): "libllama reads its own files",
    ("text", "tokenizer"): "libllama has its own vocabularies",
    ("grammar", "compute"): "grammar/ stands on base/ alone",
    ("grammar", "formats"): "grammar/ stands on base/ alone",
    ("grammar", "tokenizer"): "grammar/ stands on base/ alone",
}

# Inside text/: a part includes its own files, text/*.h and the parts listed here.
TEXT_PARTS = {
    "sampling": set(),
    "chat": set(),
    "llama": {"weights", "chat", "scheduler"},
    "weights": set(),
    "quality": {"llama", "weights", "chat", "sampling", "scheduler"},
    "scheduler": {"sampling"},
}

# Prefix of an include → places that may have it. A place is a folder ("src/http/") or the beginning of a file name.
THIRD_PARTY = [
    ("boost/json", ["src/base/json_parse."]),
    ("boost/asio", ["src/http/io_loop."]),
    ("boost/beast", ["src/http/request_reader."]),
    ("openssl/", ["src/base/hash.", "src/http/tls"]),
    ("sqlite3.h", ["src/store/"]),
    ("spdlog/", ["src/base/log."]),
    ("fmt/", ["src/", "bench/", "fuzz/", "tests/"]),
    ("prometheus/", ["src/base/metrics."]),
    ("toml++/", ["src/base/config_toml."]),
    ("utf8proc.h", ["src/tokenizer/unicode_text."]),
    ("png.h", ["src/formats/picture/png."]),
    ("jpeglib.h", ["src/formats/picture/jpeg."]),
    ("jerror.h", ["src/formats/picture/jpeg."]),
    ("webp/", ["src/formats/picture/webp."]),
    ("CLI/", ["src/app/"]),
    ("openvino/", ["src/compute/backends/openvino/"]),
    ("oneapi/dnnl/", ["src/compute/backends/onednn/"]),
    ("omp.h", ["src/compute/backends/onednn/"]),
    ("oneapi/tbb/", ["src/compute/backends/openvino/"]),
    ("nlohmann/", ["src/text/chat/"]),
    ("jinja/", ["src/text/chat/"]),
    ("chat.h", ["src/text/chat/"]),
    ("chat-auto-parser.h", ["src/text/chat/"]),
    ("common.h", ["src/text/chat/"]),
    ("log.h", ["src/text/chat/"]),
    ("llama", ["src/text/llama/", "src/text/chat/", "src/text/weights/", "src/text/quality/"]),
    ("gguf.h", ["src/text/llama/", "src/text/weights/"]),
    ("ggml", ["src/text/llama/", "src/text/weights/", "src/compute/backends/ggml/"]),
    ("repack.h", ["src/text/weights/"]),
    ("traits.h", ["src/text/weights/"]),
    ("quants.h", ["src/text/weights/"]),
    ("benchmark/", ["bench/"]),
    ("zlib.h", ["src/formats/testing/", "src/formats/picture/png_extras."]),
]
TEST_ONLY = ("gtest/", "gmock/")
TEST_STEMS = ("_test", "_bench", "_checks", "_fixture")  # x_bench.h: what the tests of a folder share

# Sockets belong to http/ (and to the client commands and load generators); terminals to app/.
SYSTEM = [
    ("sys/socket.h", ["src/http/", "src/app/", "bench/"]),
    ("netinet/", ["src/http/", "src/app/", "bench/"]),
    ("arpa/", ["src/http/", "src/app/", "bench/"]),
    ("netdb.h", ["src/http/", "src/app/", "bench/"]),
    ("stddef.h", ["src/grammar/c_api/"]),  # a header for C
    ("stdint.h", ["src/grammar/c_api/"]),
    ("termios.h", ["src/app/"]),
    ("sys/ioctl.h", ["src/app/"]),
]
SYSTEM_ANYWHERE = re.compile(
    r"^(unistd|fcntl|signal|poll|sched|pthread|dlfcn|cxxabi|cpuid|errno|time|x86intrin|immintrin|execinfo|malloc|dirent|pwd)\.h$"
    r"|^sys/(stat|mman|types|random|resource|time|wait|sysinfo|syscall|utsname|auxv|file|statvfs|prctl|eventfd|epoll|signalfd)\.h$"
    r"|^linux/|^asm/")
CPP_STANDARD = re.compile(r"^[a-z_0-9]+$")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?P<open>["<])(?P<name>[^">]+)[">]', re.MULTILINE)


def includes_of(source):
    """Yields (line number, name, is_quoted)."""
    text = blank_literals(source, keep_strings=True)
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match["name"], match["open"] == '"'


def is_test(path):
    return path.stem.endswith(TEST_STEMS) or path.parts[0] in ("tests", "fuzz") or "testing" in path.parts


def allowed_at(path, places):
    """A test may use what the adapter in its folder uses."""
    if is_test(path):
        places = [place[:place.rindex("/") + 1] for place in places]
    return any(str(path).startswith(place) for place in places)


def layer_problem(path, name):
    """Why this file of src/ may not include this file of ours, or None."""
    own, other = path.parts[1], name.split("/")[0]
    if LAYERS.index(other) > LAYERS.index(own):
        return f"{own}/ is below {other}/ and may not include it"
    if (own, other) in FORBIDDEN and not is_test(path):
        return FORBIDDEN[own, other]
    own_part = path.parts[2] if own == "text" and len(path.parts) > 3 else None
    other_part = name.split("/")[1] if other == "text" and name.count("/") > 1 else None
    if own_part and other_part and own_part != other_part and not is_test(path):
        seam = name in ("text/scheduler/scheduler.h", "text/chat/chat_format.h", "text/chat/message.h")
        if not seam and other_part not in TEXT_PARTS.get(own_part, set()):
            return f"text/{own_part}/ may not include text/{other_part}/ (TEXT_PARTS in tools/check_layers.py)"
    return None


def third_party_problem(path, name):
    if name.startswith(TEST_ONLY):
        return None if is_test(path) else f"<{name}> belongs in tests"
    for prefix, places in THIRD_PARTY + SYSTEM:
        if name.startswith(prefix):
            return None if allowed_at(path, places) else f"<{name}> is allowed only in {', '.join(places)}"
    if CPP_STANDARD.match(name) or SYSTEM_ANYWHERE.match(name):
        return None
    return f"<{name}> is not in the table of tools/check_layers.py; a new library needs an adapter and a decision in docs/adr/"


def cycles(graph):
    """Yields each include cycle once, as a list of names."""
    done, stack = set(), []

    def visit(node):
        if node in stack:
            yield stack[stack.index(node):] + [node]
            return
        if node in done:
            return
        stack.append(node)
        for target in sorted(graph.get(node, ())):
            yield from visit(target)
        stack.pop()
        done.add(node)

    for node in sorted(graph):
        yield from visit(node)


def check(root):
    """Returns the problems as 'path:line: text'."""
    problems, graph = [], {}
    files = [path for path in our_files(root) if path.suffix in CPP_SUFFIXES and path.parts[0] in ("src", "bench", "fuzz", "tests")]
    ours = {str(path) for path in files}
    for path in files:
        if path.parts[0] == "src" and path.parts[1] not in LAYERS:
            problems.append(f"{path}:1: src/{path.parts[1]}/ is no layer (LAYERS in tools/check_layers.py)")
            continue
        for line, name, quoted in includes_of(read(root, path)):
            if f"src/{name}" in ours:
                graph.setdefault(str(path), set()).add(f"src/{name}")
                problem = layer_problem(path, name) if path.parts[0] == "src" else None
            elif f"{path.parts[0]}/{name}" in ours:  # bench/ and its kind are include folders of their own
                graph.setdefault(str(path), set()).add(f"{path.parts[0]}/{name}")
                problem = None
            elif str(path.parent / name) in ours:
                problem = f'"{name}": write the path from src/' if path.parts[0] == "src" else None
            elif quoted and name.split("/")[0] in LAYERS:
                problem = f'"{name}" does not exist'
            else:
                problem = third_party_problem(path, name)
            if problem:
                problems.append(f"{path}:{line}: {problem}")
    problems += [f"{chain[0]}:1: include cycle: {' → '.join(chain)}" for chain in cycles(graph)]
    return problems


if __name__ == "__main__":
    sys.exit(run_checker("layers", __doc__, check))
