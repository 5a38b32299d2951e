#include "base/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>

#include "base/mutex.h"

namespace diptych {
namespace {

class PrometheusCounter final : public Counter {
 public:
  explicit PrometheusCounter(prometheus::Counter& counter) : counter_(counter) {}
  void add(double amount) override { counter_.Increment(amount); }
  double value() const override { return counter_.Value(); }

 private:
  prometheus::Counter& counter_;
};

class PrometheusGauge final : public Gauge {
 public:
  explicit PrometheusGauge(prometheus::Gauge& gauge) : gauge_(gauge) {}
  void set(double value) override { gauge_.Set(value); }
  void add(double amount) override { gauge_.Increment(amount); }
  double value() const override { return gauge_.Value(); }

 private:
  prometheus::Gauge& gauge_;
};

class PrometheusHistogram final : public Histogram {
 public:
  explicit PrometheusHistogram(prometheus::Histogram& histogram) : histogram_(histogram) {}
  void observe(double value) override { histogram_.Observe(value); }

 private:
  prometheus::Histogram& histogram_;
};

template <class Builder>
auto& family(prometheus::Registry& registry, Builder builder, std::string_view name,
             std::string_view help) {
  return builder.Name(std::string(name)).Help(std::string(help)).Register(registry);
}

std::map<std::string, std::string> as_map(const Labels& labels) {
  return {labels.begin(), labels.end()};
}

// prometheus-cpp merges equal names and equal labels itself; we keep one wrapper for each of its
// objects.
class PrometheusMetrics final : public Metrics {
 public:
  Counter& counter(std::string_view name, std::string_view help, const Labels& labels) override {
    const MutexLock lock(mutex_);
    auto& theirs = family(registry_, prometheus::BuildCounter(), name, help).Add(as_map(labels));
    return wrap(counters_, theirs);
  }
  Gauge& gauge(std::string_view name, std::string_view help, const Labels& labels) override {
    const MutexLock lock(mutex_);
    auto& theirs = family(registry_, prometheus::BuildGauge(), name, help).Add(as_map(labels));
    return wrap(gauges_, theirs);
  }
  Histogram& histogram(std::string_view name, std::string_view help,
                       const std::vector<double>& bounds, const Labels& labels) override {
    const MutexLock lock(mutex_);
    auto& theirs =
        family(registry_, prometheus::BuildHistogram(), name, help).Add(as_map(labels), bounds);
    return wrap(histograms_, theirs);
  }
  std::string render() const override {
    return prometheus::TextSerializer().Serialize(registry_.Collect());
  }

 private:
  template <class Theirs, class Ours>
  using Wrappers = std::map<Theirs*, std::unique_ptr<Ours>>;

  template <class Theirs, class Ours>
  static Ours& wrap(Wrappers<Theirs, Ours>& wrappers, Theirs& theirs) {
    auto& slot = wrappers[&theirs];
    if (!slot) slot = std::make_unique<Ours>(theirs);
    return *slot;
  }

  prometheus::Registry registry_;
  Mutex mutex_;
  Wrappers<prometheus::Counter, PrometheusCounter> counters_ GUARDED_BY(mutex_);
  Wrappers<prometheus::Gauge, PrometheusGauge> gauges_ GUARDED_BY(mutex_);
  Wrappers<prometheus::Histogram, PrometheusHistogram> histograms_ GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<Metrics> make_metrics() { return std::make_unique<PrometheusMetrics>(); }

}  // namespace diptych
