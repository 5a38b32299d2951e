#pragma once

namespace diptych {

// Pixels from (x1, y1) up to, without, (x2, y2).
struct Box {
  int x1 = 0, y1 = 0, x2 = 0, y2 = 0;

  int width() const { return x2 - x1; }
  int height() const { return y2 - y1; }
  friend bool operator==(const Box&, const Box&) = default;
};

}  // namespace diptych
