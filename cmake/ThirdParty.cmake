# Third-party libraries: Debian packages by find_package, llama.cpp and OpenVINO from the cache that tools/bootstrap fills.
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(prometheus-cpp REQUIRED COMPONENTS core)

# Debian's packages of these bring no CMake files: the target `name` is their header and library.
function(diptych_system_library name header library)
  find_path(${name}_include ${header} REQUIRED)
  find_library(${name}_library ${library} REQUIRED)
  add_library(${name} INTERFACE IMPORTED GLOBAL)
  target_include_directories(${name} SYSTEM INTERFACE ${${name}_include})
  target_link_libraries(${name} INTERFACE ${${name}_library})
endfunction()
diptych_system_library(utf8proc utf8proc.h utf8proc)
diptych_system_library(webp webp/decode.h webp)
find_package(JPEG REQUIRED)
find_package(PNG REQUIRED)
find_package(ZLIB REQUIRED)

set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/tools/bootstrap ${CMAKE_SOURCE_DIR}/tools/versions.env)
execute_process(COMMAND ${CMAKE_SOURCE_DIR}/tools/bootstrap paths OUTPUT_VARIABLE paths COMMAND_ERROR_IS_FATAL ANY)
foreach(name DIPTYCH_LLAMA_SOURCE DIPTYCH_LLAMA_BUILD DIPTYCH_CHAT_MODEL)
  string(REGEX MATCH "${name}=([^\n]*)" _ "${paths}")
  set(${name} "${CMAKE_MATCH_1}")
endforeach()
if(NOT EXISTS ${DIPTYCH_LLAMA_BUILD}/bin/libllama.so)
  message(FATAL_ERROR "llama.cpp is not built yet. Run: tools/bootstrap")
endif()

# ggml: SYSTEM includes, so that our warnings stay ours. Words and compute/backends/ggml share one copy.
add_library(ggml_runtime INTERFACE)
target_include_directories(ggml_runtime SYSTEM INTERFACE ${DIPTYCH_LLAMA_SOURCE}/ggml/include)
target_link_directories(ggml_runtime INTERFACE ${DIPTYCH_LLAMA_BUILD}/bin)
target_link_libraries(ggml_runtime INTERFACE ggml ggml-base)
target_link_options(ggml_runtime INTERFACE "-Wl,-rpath,${DIPTYCH_LLAMA_BUILD}/bin")
target_compile_definitions(ggml_runtime INTERFACE DIPTYCH_GGML_BACKENDS="${DIPTYCH_LLAMA_BUILD}/bin")

add_library(llama_cpp INTERFACE)  # only text/llama and text/chat link these
target_include_directories(llama_cpp SYSTEM INTERFACE ${DIPTYCH_LLAMA_SOURCE}/include)
target_link_libraries(llama_cpp INTERFACE llama ggml_runtime)

add_library(llama_cpp_common INTERFACE)  # Jinja templates and tool-call parsing
target_include_directories(llama_cpp_common SYSTEM INTERFACE ${DIPTYCH_LLAMA_SOURCE}/common ${DIPTYCH_LLAMA_SOURCE}/vendor)
target_link_libraries(llama_cpp_common INTERFACE llama_cpp llama-common)

add_library(llama_cpp_internal INTERFACE)  # ggml's private headers: text/weights only, for this very commit
target_include_directories(llama_cpp_internal SYSTEM INTERFACE ${DIPTYCH_LLAMA_SOURCE}/ggml/src ${DIPTYCH_LLAMA_SOURCE}/ggml/src/ggml-cpu)
target_link_libraries(llama_cpp_internal INTERFACE llama_cpp)

# oneDNN: only compute/backends/onednn links it. Its library runs on GNU OpenMP, whose barriers ThreadSanitizer does not see.
if(CMAKE_SYSTEM_NAME STREQUAL Linux AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU"
   AND NOT DIPTYCH_SANITIZE MATCHES "thread")
  set(onednn_here ON)
else()
  set(onednn_here OFF)
endif()
option(DIPTYCH_ONEDNN "Build the oneDNN back end (x86-64, g++)" ${onednn_here})
if(DIPTYCH_ONEDNN)
  string(REGEX MATCH "DIPTYCH_ONEDNN=([^\n]*)" _ "${paths}")
  set(onednn_folder "${CMAKE_MATCH_1}")
  if(NOT EXISTS ${onednn_folder}/lib/libdnnl.so)
    message(FATAL_ERROR "oneDNN is not there. Run: tools/bootstrap onednn   (or configure with -DDIPTYCH_ONEDNN=OFF)")
  endif()
  find_package(OpenMP REQUIRED COMPONENTS CXX)
  add_library(onednn INTERFACE)
  target_include_directories(onednn SYSTEM INTERFACE ${onednn_folder}/include)
  target_link_libraries(onednn INTERFACE ${onednn_folder}/lib/libdnnl.so OpenMP::OpenMP_CXX)
  target_link_options(onednn INTERFACE "-Wl,-rpath,${onednn_folder}/lib")
endif()

# OpenVINO: only compute/backends/openvino links it. Without it that back end is a stub that says so.
if(CMAKE_SYSTEM_NAME STREQUAL Linux AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(openvino_here ON)
else()
  set(openvino_here OFF)
endif()
option(DIPTYCH_OPENVINO "Build the OpenVINO back end" ${openvino_here})
if(DIPTYCH_OPENVINO)
  string(REGEX MATCH "DIPTYCH_OPENVINO=([^\n]*)" _ "${paths}")
  set(openvino_folder "${CMAKE_MATCH_1}")
  if(NOT EXISTS ${openvino_folder}/libs/libopenvino_intel_cpu_plugin.so)
    message(FATAL_ERROR "OpenVINO is not there. Run: tools/bootstrap openvino   (or configure with -DDIPTYCH_OPENVINO=OFF)")
  endif()
  file(GLOB openvino_libraries ${openvino_folder}/libs/libopenvino.so.* ${openvino_folder}/libs/libtbb.so.*)
  add_library(openvino INTERFACE)
  target_include_directories(openvino SYSTEM INTERFACE ${openvino_folder}/include)
  target_link_libraries(openvino INTERFACE ${openvino_libraries})
  target_link_options(openvino INTERFACE "-Wl,-rpath,${openvino_folder}/libs")
endif()
