#pragma once
// Picture models in memory under one bound. A model is opened when it is first wanted: files
// mapped, configs read. What fills memory are its compiled programs; they are made when a drawing
// needs them, in one cache for all models, where the least recently used ones make room. Parts that
// models share are compiled once.

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/mutex.h"
#include "compute/backends/backends.h"
#include "image/pipeline/picture_model.h"
#include "image/pipeline/pipeline.h"
#include "image/pipeline/tiny_decoder.h"
#include "jobs/pictures/picture_job.h"
#include "jobs/pictures/picture_library.h"

namespace diptych {

struct ResidentOptions {
  ModelSettings settings;  // `programs` and the bounds of bytes are set here
  std::uint64_t bytes_max = std::uint64_t{8} << 30;  // of packed weights and scratch
  std::size_t open_max = 8;
};

class ResidentModels {  // safe from any thread; one drawing at a time
  struct Open {
    std::string id, stamp;
    std::unique_ptr<PictureModel> model;
    std::unique_ptr<Pipeline> pipeline;  // keeps prompts' encodings
    std::optional<TinyDecoder> tiny;     // for previews
  };

 public:
  ResidentModels(PictureLibrary& library, const Backends& backends, ResidentOptions options);

  // A model in hand. Nothing else touches models until it is given back.
  class Use {
   public:
    Use(Use&& other) noexcept
        : models_(std::exchange(other.models_, nullptr)), open_(other.open_) {}
    Use& operator=(Use&&) = delete;
    ~Use();
    PictureModel& model() const { return *open_->model; }
    Pipeline& pipeline() const { return *open_->pipeline; }
    const std::string& id() const { return open_->id; }
    const TinyDecoder* tiny_decoder() const { return open_->tiny ? &*open_->tiny : nullptr; }

   private:
    friend class ResidentModels;
    Use(ResidentModels* models, Open* open) : models_(models), open_(open) {}
    ResidentModels* models_;
    Open* open_;
  };

  // "": the default model. Waits for who draws. Opened and checked before anything makes room: when
  // it fails, what was resident stays. kNotFound; kUnsupported and others: why the file cannot be
  // used; kOutOfMemory: it is larger than the bound.
  Result<Use> use(std::string_view id);
  // Opens and checks it, and has it stay while others make room; its programs are compiled by its
  // first drawing, whose sizes they are for. While somebody draws it is only checked. The id.
  Result<std::string> load(std::string_view id);
  // Its memory comes back: now, or when the drawing that is running has ended. kNotFound: it is not
  // resident.
  Status unload(std::string_view id);
  std::set<std::string> resident() const;  // ids whose programs are compiled

  // Whether the model can draw this: its limits, samplers, sizes. Opens the model, loads nothing.
  Status check(const PictureJob& job);

 private:
  Result<FoundPictureModel> find_usable(std::string_view id);
  Result<std::unique_ptr<PictureModel>> open(const FoundPictureModel& found) const;
  Result<std::shared_ptr<const PictureModel>> planner_of(const FoundPictureModel& found);
  void take();
  void give_back();
  // By who has taken the models:
  Result<Open*> find_or_open(const FoundPictureModel& found);
  void close(std::string_view id);

  PictureLibrary& library_;
  const Backends& backends_;
  ResidentOptions options_;
  std::list<Open> open_;  // most recently used first; belongs to who has taken the models

  mutable Mutex mutex_;  // never held for long
  CondVar given_back_;
  bool taken_ GUARDED_BY(mutex_) = false;
  std::set<std::string> resident_ GUARDED_BY(mutex_);
  std::set<std::string> unload_ GUARDED_BY(mutex_);  // when the models are given back

  // Models that only answer what they can draw: their weights are never read.
  struct Planner {
    std::string stamp;
    std::shared_ptr<const PictureModel> model;
  };
  Mutex planners_mutex_;
  std::map<std::string, Planner> planners_ GUARDED_BY(planners_mutex_);
};

}  // namespace diptych
