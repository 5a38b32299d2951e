# Responses and background work; included by ../CMakeLists.txt, whose folder paths are relative to.
target_sources(diptych_api PRIVATE
  background.cc
  openai/responses_background.cc
  openai/responses_chain.cc
  openai/responses_create.cc
  openai/responses_events.cc
  openai/responses_follow.cc
  openai/responses_foreground.cc
  openai/responses_items.cc
  openai/responses_object.cc
  openai/responses_output.cc
  openai/responses_prompt.cc
  openai/responses_request.cc
  openai/responses_routes.cc
  openai/responses_run.cc
  openai/responses_stored.cc
  openai/store_write.cc)

diptych_test(responses
  background_test.cc
  openai/responses_background_test.cc
  openai/responses_request_test.cc
  openai/responses_stored_test.cc
  openai/responses_stream_test.cc
  DEPENDS diptych_api_testing)
