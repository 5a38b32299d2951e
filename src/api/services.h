#pragma once
// What handlers may use. Built once by app/; everything in it is safe from any thread and outlives
// every call.

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/metrics.h"
#include "jobs/model_registry.h"
#include "jobs/stores.h"

namespace diptych {

class BackgroundRunner;
class BlobStore;
class GalleryStore;
class JobQueue;
class PictureCatalog;
namespace sdapi {
class Desk;
}

struct PictureServices {  // what pictures are made, kept and found with
  JobQueue& queue;        // jobs/job_queue.h
  BlobStore& blobs;       // jobs/job_store.h
  GalleryStore& gallery;
  PictureCatalog& catalog;  // jobs/pictures/picture_catalog.h
  std::string link_secret;  // of links to files, random for each run: api/blob_link.h
};

struct ApiLimits {
  int choices_max = 16;  // n
  std::size_t body_bytes_max = std::size_t{32} << 20;
  int embedding_inputs_max = 2048;
  Duration model_load_wait = std::chrono::seconds(10);
  Duration request_timeout = std::chrono::seconds(600);
  std::size_t picture_bytes_max = std::size_t{50} << 20;  // of one picture file in a request
  std::uint64_t picture_pixels_max = 40'000'000;          // of one picture in a request
  std::string public_url;  // links to this server begin with it; "": http:// and the Host header
};

struct Services {
  const Clock& clock;
  Metrics& metrics;
  ModelRegistry& models;
  ResponseStore& responses;
  CompletionStore& completions;
  KeyStore& keys;
  BackgroundRunner& background;  // api/background.h: drives work whose caller has gone
  ApiLimits limits;
  PictureServices* pictures = nullptr;  // nullptr: this server draws nothing
  sdapi::Desk* sdapi = nullptr;         // api/sdapi/desk.h: what it keeps between requests
};

// kUnsupported when this server draws nothing.
Result<PictureServices*> get_pictures(Services& services);

}  // namespace diptych
