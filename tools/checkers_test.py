#!/usr/bin/env python3
"""Shows that each checker accepts good input and fails on bad input."""

import pathlib
import tempfile
import unittest

import check_layers
import check_style
import check_text
from cpp_functions import functions_of


class TreeTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def assert_problem(self, checker, words):
        problems = [str(problem) for problem in checker.check(self.root)]
        self.assertTrue(any(words in problem for problem in problems), f"{words!r} not in {problems}")

    def assert_clean(self, checker):
        self.assertEqual([str(problem) for problem in checker.check(self.root)], [])


class Layers(TreeTest):
    def setUp(self):
        super().setUp()
        self.write("src/base/error.h", "#pragma once\n#include <string>\n")
        self.write("src/http/server.h", '#pragma once\n#include "base/error.h"\n')

    def test_downward_includes_are_fine(self):
        self.write("src/api/x.cc", '#include "base/error.h"\n#include <fmt/format.h>\n#include <vector>\n')
        self.assert_clean(check_layers)

    def test_an_upward_include_is_found(self):
        self.write("src/base/x.cc", '#include "http/server.h"\n')
        self.assert_problem(check_layers, "src/base/x.cc:1: base/ is below http/")

    def test_an_include_in_a_comment_is_not_an_include(self):
        self.write("src/base/x.cc", '// #include "http/server.h"\n/*\n#include "http/server.h"\n*/\n')
        self.assert_clean(check_layers)

    def test_a_forbidden_pair_is_found(self):
        self.write("src/store/store.h", "#pragma once\n")
        self.write("src/api/x.cc", '#include "store/store.h"\n')
        self.assert_problem(check_layers, "jobs/stores.h only")

    def test_a_library_outside_its_adapter_is_found(self):
        self.write("src/api/x.cc", "#include <boost/json.hpp>\n")
        self.assert_problem(check_layers, "allowed only in src/base/json_parse")

    def test_a_socket_outside_http_is_found(self):
        self.write("src/api/x.cc", "#include <sys/socket.h>\n")
        self.assert_problem(check_layers, "<sys/socket.h> is allowed only in src/http/")

    def test_an_unknown_library_is_found(self):
        self.write("src/base/x.cc", "#include <curl/curl.h>\n")
        self.assert_problem(check_layers, "is not in the table")

    def test_test_frameworks_stay_in_tests(self):
        self.write("src/base/x.cc", "#include <gtest/gtest.h>\n")
        self.write("src/base/x_test.cc", "#include <gtest/gtest.h>\n")
        self.assertEqual(len(check_layers.check(self.root)), 1)

    def test_a_cycle_is_found(self):
        self.write("src/base/a.h", '#include "base/b.h"\n')
        self.write("src/base/b.h", '#include "base/a.h"\n')
        self.assert_problem(check_layers, "include cycle: src/base/a.h → src/base/b.h → src/base/a.h")

    def test_parts_of_text_keep_apart(self):
        self.write("src/text/llama/engine.h", "#pragma once\n")
        self.write("src/text/sampling/x.cc", '#include "text/llama/engine.h"\n')
        self.assert_problem(check_layers, "text/sampling/ may not include text/llama/")

    def test_a_folder_that_is_no_layer_is_found(self):
        self.write("src/misc/x.cc", "")
        self.assert_problem(check_layers, "is no layer")


class Style(TreeTest):
    def test_good_files_are_fine(self):
        self.write("src/base/x.h", "// What it is.\n#pragma once\n#include <string>\n")
        self.write("src/base/x.cc", '#include "base/x.h"\n\n#include <vector>\n\nint f(int a) {\n  return a;\n}\n')
        self.assert_clean(check_style)

    def test_a_long_file_is_found_and_tests_may_be_longer(self):
        self.write("src/base/x.cc", "int a;\n" * 601)
        self.write("src/base/x_test.cc", "int a;\n" * 799)
        self.assert_problem(check_style, "601 lines, at most 600")
        self.assertEqual(len(check_style.check(self.root)), 1)

    def test_a_long_function_is_found(self):
        self.write("src/base/x.cc", "void f() {\n" + "  g();\n" * 70 + "}\n")
        self.assert_problem(check_style, "f has 72 lines, at most 70")

    def test_a_long_python_function_is_found(self):
        self.write("tools/x.py", "def f():\n" + "    g()\n" * 70)
        self.assert_problem(check_style, "f has 71 lines")

    def test_too_many_parameters_are_found_in_headers_and_sources(self):
        self.write("src/base/x.h", "#pragma once\nvoid f(int a, int b, int c, int d, int e, std::map<int, int> f);\n")
        self.write("src/base/y.cc", "int g(int a, int b, int c, int d, int e, int f = h(1, 2)) {\n  return a;\n}\n")
        self.assert_problem(check_style, "f has 6 parameters")
        self.assert_problem(check_style, "g has 6 parameters")

    def test_a_header_without_pragma_once_is_found(self):
        self.write("src/base/x.h", "#include <string>\n#pragma once\n")
        self.assert_problem(check_style, "#pragma once")

    def test_an_own_header_that_is_not_first_is_found(self):
        self.write("src/base/x.h", "#pragma once\n")
        self.write("src/base/x.cc", '#include <vector>\n#include "base/x.h"\n')
        self.assert_problem(check_style, "its own header comes first")

    def test_names_without_a_noun_are_found(self):
        self.write("src/base/string_util.cc", "")
        self.write("src/base/x.cc", "class QueueManager {\n};\n")
        self.assert_problem(check_style, "'string_util' says nothing")
        self.assert_problem(check_style, "'QueueManager': name the noun")

    def test_white_space_is_found(self):
        self.write("src/base/x.cc", "int a; \n\tint b;\nint c;")
        for words in ("trailing white space", "a tab", "no newline at the end"):
            self.assert_problem(check_style, words)


class StyleExceptions(TreeTest):
    def setUp(self):
        super().setUp()
        self.write("src/base/x.cc", "int a;\n" * 650)

    def allow(self, line):
        self.write("tools/style_exceptions.txt", line + "\n")

    def test_an_exact_exception_silences(self):
        self.allow("src/base/x.cc file-lines 650 # a table of constants from the standard")
        self.assert_clean(check_style)

    def test_an_exception_never_grows(self):
        self.allow("src/base/x.cc file-lines 640 # a table of constants from the standard")
        self.assert_problem(check_style, "650 lines, at most 600")

    def test_an_exception_shrinks_with_the_code(self):
        self.allow("src/base/x.cc file-lines 700 # a table of constants from the standard")
        self.assert_problem(check_style, "lower it to 650")

    def test_an_exception_that_is_not_needed_is_found(self):
        self.allow("src/base/gone.cc file-lines 700 # a table of constants from the standard")
        self.assert_problem(check_style, "delete the line")

    def test_an_exception_needs_a_reason(self):
        self.allow("src/base/x.cc file-lines 650")
        self.assert_problem(check_style, "a line is: path rule number # reason")


class Text(TreeTest):
    def test_good_text_is_fine(self):
        self.write("docs/a.md", "# A head\n[to b](b.md) [here](#a-head) [out](https://example.org) `~/.cache/diptych` /tmp/x\n")
        self.write("docs/b.md", "see [a](a.md#a-head)\n")
        self.assert_clean(check_text)

    def test_paths_of_a_machine_are_found(self):
        self.write("a.txt", "see /ho" + "me/someone/x\n")
        self.write("b.txt", "see /ro" + "ot/.cache\n")
        self.write("c.txt", "see /wo" + "rk/main\n")
        self.assertEqual(len(check_text.check(self.root)), 3)

    def test_registry_hosts_are_found(self):
        self.write("a.json", '"resolved": "https://registry.' + 'npmjs.org/x"\n')
        self.assert_problem(check_text, "registry's host")

    def test_a_private_key_is_found(self):
        self.write("a.pem", "-----BEGIN PRIVATE" + " KEY-----\n")
        self.assert_problem(check_text, "a private key")

    def test_dead_links_are_found(self):
        self.write("docs/a.md", "[x](gone.md)\n[y](#no-such-head)\n")
        self.assert_problem(check_text, "docs/a.md:1: dead link to gone.md")
        self.assert_problem(check_text, "has no heading #no-such-head")

    def test_code_blocks_hold_no_links(self):
        self.write("docs/a.md", "```\n[x](gone.md)\n```\n")
        self.assert_clean(check_text)


class CppFunctions(unittest.TestCase):
    def measure(self, source):
        return [(function.name, function.line_count, function.parameter_count) for function in functions_of(source)]

    def test_a_constructor_with_initialisers_is_one_function(self):
        self.assertEqual(self.measure("class A {\n A(int a, B<int, 2> b) : a_(a), b_{b} {\n }\n};\n"), [("A", 2, 2)])

    def test_operators_are_functions(self):
        self.assertEqual(self.measure("bool operator==(const A& a, const A& b) {\n return 1;\n}\n"), [("operator==", 3, 2)])
        self.assertEqual(self.measure("void A::operator()(int a) {\n}\n")[0][1:], (2, 1))

    def test_tables_and_enums_are_no_functions(self):
        self.assertEqual(self.measure("const Row kRows[] = {{1, f(2)}, {3, f(4)}};\nenum class E : int { kA, kB };\n"), [])

    def test_braces_in_strings_and_comments_do_not_count(self):
        self.assertEqual(self.measure('void f() {\n  g("}"); // }\n  h(\'}\', R"({)");\n}\nvoid k();\n'), [("f", 4, 0), ("k", 0, 0)])

    def test_annotation_macros_are_not_the_parameters(self):
        self.assertEqual(self.measure("class M {\n void lock() TSA(acquire(a, b)) { m_.lock(); }\n};\n"), [("lock", 1, 0)])


if __name__ == "__main__":
    unittest.main()
