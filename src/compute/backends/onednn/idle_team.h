#pragma once
// Makes the barriers of GNU OpenMP sleep soon. By default a thread spins for milliseconds before it
// sleeps, and where another process has taken a core, the whole time slice of the thread it waits
// for goes to the one that waits. There is no call for that, only the environment before the start;
// but libgomp spins a three-hundredth as long when it manages more threads than there are cores. So
// here is a team that never works. Measured on two cores, one of them taken by a busy loop: 8.6 s
// for a step of the UNet without, 3.4 s with; alone, no difference.

#include <thread>

namespace diptych::onednn {

class IdleTeam {
 public:
  IdleTeam();  // its threads exist when this returns

 private:
  std::jthread thread_;  // owns the team
};

}  // namespace diptych::onednn
