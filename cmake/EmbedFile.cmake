# Writes a C++ source with the bytes of a file: cmake -D INPUT=a.bin -D OUTPUT=a.cc -D NAME=kA -P EmbedFile.cmake
# defines diptych::kA (unsigned char[]) and diptych::kASize.
file(READ ${INPUT} bytes HEX)
string(LENGTH "${bytes}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE ${OUTPUT} "#include <cstddef>
namespace diptych {
extern const unsigned char ${NAME}[];
extern const std::size_t ${NAME}Size;
const unsigned char ${NAME}[] = {
${bytes}
};
const std::size_t ${NAME}Size = ${size};
}  // namespace diptych
")
