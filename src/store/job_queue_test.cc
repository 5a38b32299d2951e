// The queue over the real store, with scripted runners.

#include "jobs/job_queue.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "store/testing/job_bench.h"

namespace diptych::testing {
namespace {

JobBenchOptions with(JobScript script) {
  JobBenchOptions options;
  options.script = std::move(script);
  return options;
}

TEST(JobQueue, RunsAJobAndKeepsItsPictureInTheGallery) {
  JobBench bench(with({.pictures = 2}));
  const Submitted submitted = bench.submit(picture_job("key_a", "a red apple", 7));
  EXPECT_TRUE(submitted.is_new);
  const Job job = bench.wait_for_end(submitted.job.id);
  EXPECT_EQ(job.state, JobState::kSucceeded);
  EXPECT_EQ(job.attempts, 1);
  ASSERT_EQ(job.outputs.size(), 2u);
  EXPECT_EQ(*bench.store->blobs().get(job.outputs[1].blob), scripted_picture(job.spec.request, 1));
  const auto pictures = bench.store->gallery().list({.owner = "key_a"}, {});
  ASSERT_TRUE(pictures);
  ASSERT_EQ(pictures->rows.size(), 2u);
  EXPECT_EQ(pictures->rows[0].prompt, "a red apple");
  EXPECT_EQ(pictures->rows[0].job, job.id);
  EXPECT_EQ(pictures->rows[1].seed, 8);
  EXPECT_EQ(pictures->rows[1].blob, job.outputs[1].blob);
}

TEST(JobQueue, ALateSubscriberGetsTheStateSoFar) {
  JobBench bench(with({.steps = 3}));
  bench.gate.close();
  const std::string id = bench.submit(picture_job()).job.id;
  bench.gate.wait_until_held();
  bench.gate.let_one_pass();
  bench.gate.wait_until_held();
  EventReader reader(bench.feed->subscribe(id, std::nullopt));
  EXPECT_EQ(reader.next().type, "queued");
  EXPECT_EQ(reader.next().type, "started");
  EXPECT_EQ(reader.next_of_type("progress").progress.step, 1);
  bench.gate.let_one_pass();
  EXPECT_EQ(reader.next_of_type("preview").preview->content_type, "image/png");
  bench.gate.open();
  EXPECT_EQ(reader.next_of_type("succeeded").state, JobState::kSucceeded);
}

TEST(JobQueue, CancellingAQueuedJobEndsItAtOnce) {
  JobBench bench;
  bench.gate.close();
  const std::string running = bench.submit(picture_job()).job.id;
  bench.gate.wait_until_held();
  const std::string waiting = bench.submit(picture_job()).job.id;
  EXPECT_EQ(bench.queue->cancel(waiting, std::nullopt), JobState::kCancelled);
  EXPECT_EQ(bench.queue->get(waiting, std::nullopt)->state, JobState::kCancelled);
  bench.gate.open();
  EXPECT_EQ(bench.wait_for_end(running).state, JobState::kSucceeded);
  EXPECT_EQ(bench.log.started(), std::vector{running});
}

TEST(JobQueue, CancellingARunningJobStopsItsRunner) {
  JobBench bench;
  bench.gate.close();
  const std::string id = bench.submit(picture_job()).job.id;
  bench.gate.wait_until_held();
  EXPECT_EQ(bench.queue->cancel(id, std::nullopt), JobState::kRunning);
  const Job job = bench.wait_for_end(id);  // the gate is still closed: the stop token opened it
  EXPECT_EQ(job.state, JobState::kCancelled);
  EXPECT_EQ(job.error->code, ErrorCode::kCancelled);
  EXPECT_TRUE(job.outputs.empty());
  EXPECT_EQ(bench.queue->cancel(id, std::nullopt), JobState::kCancelled) << "final stays final";
}

TEST(JobQueue, AnErrorOrAnExceptionOfTheRunnerFailsTheJob) {
  const Error fault{
      .code = ErrorCode::kOutOfMemory, .message = "no room", .param = {}, .detail = {}};
  JobBench faulty(with({.fault = fault}));
  const Job failed = faulty.wait_for_end(faulty.submit(picture_job()).job.id);
  EXPECT_EQ(failed.state, JobState::kFailed);
  EXPECT_EQ(failed.error->code, ErrorCode::kOutOfMemory);
  EXPECT_EQ(failed.error->message, "no room");

  JobBench throwing(with({.throws = true}));
  const Job thrown = throwing.wait_for_end(throwing.submit(picture_job()).job.id);
  EXPECT_EQ(thrown.state, JobState::kFailed);
  EXPECT_EQ(thrown.error->code, ErrorCode::kInternal);
}

TEST(JobQueue, AJobThatRunsTooLongExpires) {
  JobBench bench;
  bench.gate.close();
  NewJob job = picture_job();
  job.timeout_ms = 1;
  const Job ended = bench.wait_for_end(bench.submit(job).job.id);
  EXPECT_EQ(ended.state, JobState::kExpired);
  EXPECT_EQ(ended.error->code, ErrorCode::kTimeout);
}

TEST(JobQueue, OwnersSeeTheirOwnJobsOnly) {
  JobBench bench;
  const std::string id = bench.submit(picture_job("key_a")).job.id;
  bench.wait_for_end(id);
  EXPECT_TRUE(bench.queue->get(id, "key_a"));
  EXPECT_EQ(bench.queue->get(id, "key_b").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(bench.queue->cancel(id, "key_b").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(bench.queue->erase(id, "key_b").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(bench.queue->skip(id, "key_b").error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(bench.queue->get(id, std::nullopt));
  EventReader other(bench.feed->subscribe("", "key_b"));
  EXPECT_FALSE(other.poll());
}

TEST(JobQueue, AKindThatNobodyRunsIsRefused) {
  JobBench bench;
  NewJob job = picture_job();
  job.kind = JobKind::kUpscale;
  EXPECT_EQ(bench.queue->submit(job).error().code, ErrorCode::kUnsupported);
}

TEST(JobQueue, WhatRunsWhenTheServerStopsGoesOnFromItsCheckpointAfterTheStart) {
  JobBench bench(with({.steps = 4, .checkpoint_every = 1}));
  bench.gate.close();
  const std::string id = bench.submit(picture_job()).job.id;
  const std::string waiting = bench.submit(picture_job()).job.id;
  bench.gate.wait_until_held();
  bench.gate.let_one_pass();
  bench.gate.wait_until_held();
  bench.stop();
  EXPECT_EQ(bench.store->jobs().get(id)->state, JobState::kQueued);
  bench.gate.open();
  bench.start();
  const Job job = bench.wait_for_end(id);
  EXPECT_EQ(job.state, JobState::kSucceeded);
  EXPECT_EQ(job.attempts, 2);
  EXPECT_EQ(*bench.store->blobs().get(job.outputs[0].blob), scripted_picture(job.spec.request, 0));
  EXPECT_EQ(bench.wait_for_end(waiting).state, JobState::kSucceeded);
}

TEST(JobQueue, PositionsAreToldToThoseWhoFollow) {
  JobBench bench;
  bench.gate.close();
  bench.submit(picture_job());
  bench.gate.wait_until_held();
  const std::string second = bench.submit(picture_job()).job.id;
  const std::string third = bench.submit(picture_job()).job.id;
  EventReader reader(bench.feed->subscribe(third, std::nullopt));
  EXPECT_EQ(reader.next().position, 1);
  ASSERT_TRUE(bench.queue->cancel(second, std::nullopt));
  EXPECT_EQ(reader.next_of_type("queued").position, 0);
}

TEST(JobQueue, DrainingStartsNothingMore) {
  JobBench bench;
  bench.queue->drain();
  const std::string id = bench.submit(picture_job()).job.id;
  bench.stop();
  EXPECT_EQ(bench.store->jobs().get(id)->state, JobState::kQueued);
  EXPECT_TRUE(bench.log.started().empty());
}

}  // namespace
}  // namespace diptych::testing
