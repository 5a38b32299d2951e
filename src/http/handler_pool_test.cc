#include "http/handler_pool.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>

namespace diptych {
namespace {

class Gate {  // holds the pool's only thread until opened
 public:
  HandlerPool::Job job() {
    return [entered = &entered_, opened = opened_.get_future().share()] {
      entered->set_value();
      opened.wait();
    };
  }
  void wait_entered() { entered_.get_future().wait(); }
  void open() { opened_.set_value(); }

 private:
  std::promise<void> entered_, opened_;
};

TEST(HandlerPool, RefusesWhenItsQueueIsFull) {
  HandlerPool pool(1, 2);
  Gate gate;
  ASSERT_TRUE(pool.submit(gate.job()));
  gate.wait_entered();
  std::promise<void> last_ran;
  EXPECT_TRUE(pool.submit([] {}));
  EXPECT_TRUE(pool.submit([&] { last_ran.set_value(); }));
  EXPECT_FALSE(pool.submit([] {}));
  gate.open();
  last_ran.get_future().wait();
  EXPECT_TRUE(pool.submit([] {}));
}

TEST(HandlerPool, AWithdrawnJobNeverRunsAndFreesItsPlaceAndState) {
  HandlerPool pool(1, 1);
  Gate gate;
  const auto running = pool.submit(gate.job());
  gate.wait_entered();
  auto state = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = state;
  bool ran = false;
  const auto waiting = pool.submit([&ran, held = std::move(state)] { ran = true; });
  ASSERT_TRUE(waiting);
  EXPECT_FALSE(pool.withdraw(*running)) << "it runs already";
  EXPECT_TRUE(pool.withdraw(*waiting));
  EXPECT_TRUE(watch.expired());
  EXPECT_FALSE(pool.withdraw(*waiting));
  EXPECT_TRUE(pool.submit([] {}));
  gate.open();
  pool.stop();
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace diptych
