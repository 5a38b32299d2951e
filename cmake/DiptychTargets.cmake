# diptych_library(base SOURCES a.cc … DEPENDS …)      the library diptych_base
# diptych_test(base a_test.cc … [DEPENDS …])          one test binary per folder, build/bin/test_base; GoogleTest
#   LABEL golden: for ctest -L
find_package(GTest REQUIRED)
include(GoogleTest)
enable_testing()

function(diptych_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  add_library(diptych_${name} STATIC ${arg_SOURCES})
  target_link_libraries(diptych_${name} PUBLIC diptych_settings ${arg_DEPENDS} PRIVATE ${arg_PRIVATE_DEPENDS})
endfunction()

# Tests of an AddressSanitizer build leave out the leaks that are not ours; tools/lsan.supp says why.
set(diptych_test_environment "")
if(DIPTYCH_SANITIZE MATCHES "address")
  set(diptych_test_environment ENVIRONMENT "LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tools/lsan.supp")
endif()

function(diptych_test name)
  cmake_parse_arguments(arg "" "LABEL" "DEPENDS" ${ARGN})
  add_executable(test_${name} ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(test_${name} PRIVATE diptych_settings ${arg_DEPENDS} GTest::gmock_main)
  target_compile_definitions(test_${name} PRIVATE DIPTYCH_TEST_DATA="${CMAKE_SOURCE_DIR}/tests/data")
  gtest_discover_tests(test_${name} DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120 LABELS "${arg_LABEL}"
                       ${diptych_test_environment})
endfunction()
