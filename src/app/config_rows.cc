// One row per option: what config.h holds, how it is called, its limits, and what it means.
#include <array>

#include "app/config.h"

namespace diptych {
namespace {

constexpr double kKiB = 1024;
constexpr double kGiB = kKiB * kKiB * kKiB;
constexpr double kHour = 3600;

using Rows = std::vector<ConfigRow>;

void append_server_rows(Rows& rows, ServerOptions& server, Duration& drain_wait) {
  rows.insert(
      rows.end(),
      {
          {"server.listen", "--listen", &server.listen,
           "Address to listen on, HOST:PORT; port 0 picks a free one. Any address that is not "
           "loopback needs API keys."},
          {"server.require_key", "--require-key", &server.require_key,
           "Refuse requests without an API key, also on loopback."},
          {"server.cors_origin", "--cors-origin", &server.cors_origin,
           "Web origin whose pages may call the API, or * for all; empty: none."},
          {"server.tls_certificate", "--tls-certificate", &server.tls_certificate,
           "PEM file with the certificate chain; needs tls_key as well."},
          {"server.tls_key", "--tls-key", &server.tls_key, "PEM file with the private key."},
          {"server.connections_max", "--max-connections", &server.connections_max,
           "Open connections; the next one is refused.", 1, 1'000'000},
          {"server.header_bytes_max", "--max-header-size", ByteCount{&server.header_bytes_max},
           "Size of a request's head.", kKiB, 16 * kKiB * kKiB},
          {"server.body_bytes_max", "--max-body-size", ByteCount{&server.body_bytes_max},
           "Size of a request's body.", kKiB, kGiB},
          {"server.header_timeout", "--header-timeout", &server.header_timeout,
           "Time in which a request's head must arrive.", 0.001, kHour},
          {"server.body_timeout", "--body-timeout", &server.body_timeout,
           "Time in which a request's body must arrive.", 0.001, kHour},
          {"server.idle_timeout", "--idle-timeout", &server.idle_timeout,
           "Time a connection may wait for its next request.", 0.001, 24 * kHour},
          {"server.write_timeout", "--write-timeout", &server.write_timeout,
           "Time in which a peer must take what is written.", 0.001, kHour},
          {"server.handler_threads", "--handler-threads", &server.handler_threads,
           "Threads that run request handlers.", 1, 256},
          {"server.handler_queue_max", "--max-handler-queue", &server.handler_queue_max,
           "Requests that wait for a handler thread; the next one is answered 429.", 1, 1'000'000},
          {"server.requests_per_minute", "--max-requests-per-minute", &server.requests_per_minute,
           "Requests a minute that one key may make; the next one is answered 429. 0: no limit.", 0,
           1'000'000},
          {"server.held_body_bytes_max", "--max-held-bodies",
           ByteCount{&server.held_body_bytes_max},
           "Size of all requests' bodies in memory at once; past it a request is answered 503.",
           kKiB, 1024 * kGiB},
          {"server.stream_buffer_bytes_max", "--max-stream-buffer",
           ByteCount{&server.stream_buffer_bytes_max},
           "Bytes held for a peer that does not read its stream.", kKiB, kGiB},
          {"server.drain_wait", "--drain-timeout", &drain_wait,
           "Time that running requests get to finish after SIGTERM or SIGINT.", 0, 24 * kHour},
      });
}

void append_api_rows(Rows& rows, ApiLimits& api) {
  rows.insert(
      rows.end(),
      {
          {"api.choices_max", "--max-choices", &api.choices_max,
           "Largest n: answers to one request.", 1, 128},
          {"api.embedding_inputs_max", "--max-embedding-inputs", &api.embedding_inputs_max,
           "Inputs in one embeddings request.", 1, 1'000'000},
          {"api.model_load_wait", "--model-load-wait", &api.model_load_wait,
           "Time a request waits for its model to load before it is answered 503.", 0, kHour},
          {"api.request_timeout", "--request-timeout", &api.request_timeout,
           "Time one request may take.", 0.001, 24 * kHour},
          {"api.picture_bytes_max", "--max-picture-size", ByteCount{&api.picture_bytes_max},
           "Size of one picture file in a request.", kKiB, kGiB},
          {"api.public_url", "--public-url", &api.public_url,
           "Address that links in answers begin with; empty: http:// and the request's Host."},
      });
}

void append_scheduler_rows(Rows& rows, SchedulerOptions& scheduler) {
  rows.insert(
      rows.end(),
      {
          {"text.slots_max", "--max-slots", &scheduler.slots_max,
           "Answers that are computed at once.", 1, 256},
          {"text.queued_max", "--max-queue", &scheduler.queued_max,
           "Requests that wait for a slot; the next one is answered 429.", 0, 1'000'000},
          {"text.step_tokens_max", "--step-tokens", &scheduler.step_tokens_max,
           "Prompt tokens of one step while nobody is decoding.", 1, 8192},
          {"text.prefill_tokens_beside_decode", "--prefill-tokens-beside-decode",
           &scheduler.prefill_tokens_beside_decode,
           "Prompt tokens of one step while somebody is decoding: fewer make steadier streams.", 1,
           8192},
          {"text.stream_bytes_max", "--max-answer-buffer", &scheduler.stream_bytes_max,
           "Bytes of an answer held for a slow reader before its generation pauses.", 256, 1 << 30},
          {"text.reader_stall_max", "--reader-stall-timeout", &scheduler.reader_stall_max,
           "Time a reader may stall before its answer is given up.", 0.001, 24 * kHour},
          {"text.step_stall_max", "--step-stall-timeout", &scheduler.step_stall_max,
           "Time without progress after which a model counts as stalled: /health and new requests "
           "answer 503; 0s: never.",
           0, 24 * kHour},
          {"text.queue_wait_max", "--queue-timeout", &scheduler.queue_wait_max,
           "Time a request may wait for a slot.", 0.001, 24 * kHour},
      });
}

void append_text_rows(Rows& rows, AppConfig& config) {
  append_scheduler_rows(rows, config.scheduler);
  rows.insert(
      rows.end(),
      {
          {"text.kv_bytes_max", "--max-kv-size", ByteCount{&config.kv_bytes_max},
           "Memory for attention keys and values, of each loaded model.", kKiB * kKiB, 1024 * kGiB},
          {"text.threads_max", "--threads", &config.threads_max,
           "CPU threads for language models; 0: all cores.", 0, 1024},
          {"text.deterministic", "--deterministic", &config.deterministic,
           "The same answer whatever else runs, also where that makes steps slower."},
          {"text.inexact_layout", "--inexact-layout", &config.inexact_layout,
           "Allow weight layouts that are faster but not exact."},
      });
}

void append_store_rows(Rows& rows, RetentionLimits& retention) {
  rows.insert(rows.end(),
              {
                  {"store.keep_days", "--keep-days", &retention.keep_days,
                   "Days that stored responses, chat completions and their events are kept; "
                   "0: for good.",
                   0, 36'500},
                  {"store.bytes_max", "--max-store-size", ByteCount{&retention.bytes_max},
                   "Size of everything stored; past it the oldest answers go. The file does not "
                   "shrink: what they free is used again.",
                   kKiB * kKiB, 1024 * kGiB},
              });
}

void append_picture_rows(Rows& rows, AppConfig& config) {
  rows.insert(
      rows.end(),
      {
          {"pictures.memory_bytes_max", "--max-picture-memory",
           ByteCount{&config.picture_bytes_max},
           "Memory for picture models; the one that was used longest ago makes room. 0: half of "
           "what the machine has.",
           0, 1024 * kGiB},
          {"pictures.device", "--picture-device", &config.picture_device,
           "Where pictures are drawn: auto, openvino:cpu, ggml:cuda0, unet=ggml:cuda0,vae=…."},
          {"pictures.precision", "--picture-precision", &config.picture_precision,
           "What pictures are computed in: f32, bf16, f16 or int8; empty: the device's fastest."},
          {"pictures.checkpoint_interval", "--picture-checkpoint-interval",
           &config.picture_checkpoint_interval,
           "Time between checkpoints of a picture that is drawn: at most so much is drawn again "
           "after a crash.",
           0.1, kHour},
      });
}

void append_job_rows(Rows& rows, JobQueueOptions& jobs, HistoryLimits& history) {
  rows.insert(
      rows.end(),
      {
          {"jobs.queued_max", "--max-queued-jobs", &jobs.limits.queued_max,
           "Picture jobs that wait; the next one is answered 429.", 1, 100'000},
          {"jobs.queued_per_key_max", "--max-queued-jobs-per-key",
           &jobs.limits.queued_per_owner_max,
           "Picture jobs of one API key that wait; its next one is answered 429.", 1, 100'000},
          {"jobs.run_max", "--job-timeout", &jobs.run_max,
           "Time a job may run, where its request names no other; 0s: no limit.", 0,
           30 * 24 * kHour},
          {"jobs.keep_days", "--keep-job-days", &history.keep_days,
           "Days that ended jobs and their pictures are kept; 0: for good.", 0, 36'500},
          {"jobs.kept_max", "--max-kept-jobs", &history.jobs_max,
           "Ended jobs that are kept with their pictures; past it the oldest go.", 1, 10'000'000},
          {"jobs.kept_bytes_max", "--max-kept-pictures", ByteCount{&history.bytes_max},
           "Size of all kept pictures; past it the oldest jobs go.", kKiB * kKiB,
           1024 * 1024 * kGiB},
      });
}

void append_place_rows(Rows& rows, AppConfig& config) {
  rows.insert(
      rows.end(),
      {
          {"models.default_file", "--chat-model", &config.chat_model,
           "GGUF file of the default model."},
          {"models.default_picture_model", "--picture-model", &config.picture_model,
           "Folder or file of the default picture model."},
          {"models.folder", "--models-dir", &config.models_dir,
           "Folder of further GGUF files; empty: models in the data folder."},
          {"models.loaded_max", "--max-loaded-models", &config.loaded_models_max,
           "Models in memory at once; the one that was used longest ago makes room.", 1, 64},
          {"data.folder", "--data-dir", &config.data_dir,
           "Folder for models, keys and stored answers."},
          {"log.level",
           "--log-level",
           &config.log_level,
           "What is logged.",
           0,
           0,
           {"trace", "debug", "info", "warn", "error", "off"}},
          {"log.file", "--log-file", &config.log_file, "Log file; empty: standard error."},
      });
}

}  // namespace

ConfigTable make_config_table(AppConfig& config) {
  Rows rows;
  append_server_rows(rows, config.server, config.drain_wait);
  append_api_rows(rows, config.api);
  append_text_rows(rows, config);
  append_store_rows(rows, config.retention);
  append_job_rows(rows, config.jobs, config.history);
  append_picture_rows(rows, config);
  append_place_rows(rows, config);
  return ConfigTable(std::move(rows));
}

}  // namespace diptych
