#include <malloc.h>

#include "app/command_line.h"

int main(int argc, char** argv) {
  // glibc raises its mmap threshold to the largest block ever freed, and keeps what is below: after
  // a hundred embeddings, each with a context of its own, 330 MiB stayed with the process. A fixed
  // threshold gives every large block back.
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  return diptych::run_command_line(argc, argv);
}
