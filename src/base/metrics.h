#pragma once
// Counters, gauges and histograms of the whole process, rendered as Prometheus text
// (prometheus-cpp, in metrics.cc only). The object graph owns one Metrics and hands out references;
// there is no global registry.

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace diptych {

using Labels = std::vector<std::pair<std::string, std::string>>;

class Counter {
 public:
  virtual ~Counter() = default;
  virtual void add(double amount = 1) = 0;
  virtual double value() const = 0;
};
class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void set(double value) = 0;
  virtual void add(double amount) = 0;
  virtual double value() const = 0;
};
class Histogram {
 public:
  virtual ~Histogram() = default;
  virtual void observe(double value) = 0;
};

class Metrics {  // safe from any thread; the same name and labels give the same object, which lives
                 // as long as Metrics
 public:
  virtual ~Metrics() = default;
  virtual Counter& counter(std::string_view name, std::string_view help,
                           const Labels& labels = {}) = 0;
  virtual Gauge& gauge(std::string_view name, std::string_view help, const Labels& labels = {}) = 0;
  virtual Histogram& histogram(std::string_view name, std::string_view help,
                               const std::vector<double>& bounds, const Labels& labels = {}) = 0;
  virtual std::string render() const = 0;  // text exposition format 0.0.4
};

std::unique_ptr<Metrics> make_metrics();

}  // namespace diptych
