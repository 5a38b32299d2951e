#include "base/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace diptych {
namespace {

using ::testing::HasSubstr;

TEST(Metrics, GivesTheSameObjectForTheSameNameAndLabels) {
  const auto metrics = make_metrics();
  Counter& get = metrics->counter("requests_total", "Requests.", {{"method", "GET"}});
  Counter& post = metrics->counter("requests_total", "Requests.", {{"method", "POST"}});
  EXPECT_NE(&get, &post);
  EXPECT_EQ(&get, &metrics->counter("requests_total", "Requests.", {{"method", "GET"}}));
  get.add();
  get.add(2);
  EXPECT_EQ(get.value(), 3);
  EXPECT_EQ(post.value(), 0);
}

TEST(Metrics, RendersPrometheusText) {
  const auto metrics = make_metrics();
  metrics->counter("requests_total", "Requests.", {{"method", "GET"}}).add(3);
  metrics->gauge("slots", "Slots in use.").set(4);
  metrics->gauge("slots", "Slots in use.").add(-1);
  metrics->histogram("seconds", "Time.", {0.1, 1}).observe(0.5);
  const std::string text = metrics->render();
  EXPECT_THAT(text, HasSubstr("# HELP requests_total Requests.\n# TYPE requests_total counter\n"));
  EXPECT_THAT(text, HasSubstr("requests_total{method=\"GET\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("slots 3\n"));
  EXPECT_THAT(text, HasSubstr("seconds_bucket{le=\"0.1\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("seconds_bucket{le=\"1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("seconds_count 1\n"));
}

}  // namespace
}  // namespace diptych
