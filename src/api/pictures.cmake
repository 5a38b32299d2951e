# Pictures: what a request for one is, the endpoints of each family; included by CMakeLists.txt.
target_sources(diptych_api PRIVATE
  blob_link.cc
  diptych/blobs.cc
  diptych/events.cc
  diptych/gallery.cc
  diptych/job_fields.cc
  diptych/job_json.cc
  diptych/job_poll.cc
  diptych/jobs.cc
  diptych/picture_capabilities.cc
  diptych/query.cc
  diptych/socket.cc
  diptych/state.cc
  errand.cc
  file_answer.cc
  job_answer.cc
  multipart.cc
  openai/file_ids.cc
  openai/files.cc
  openai/image_answer.cc
  openai/image_fields.cc
  openai/image_order.cc
  openai/image_stream.cc
  openai/images.cc
  openai/responses_image_tool.cc
  openai/responses_images.cc
  picture_fields.cc
  picture_input.cc
  picture_names.cc
  picture_order.cc
  picture_source_fields.cc
  services.cc
  thumbnail.cc)

diptych_test(api_pictures
  diptych/jobs_test.cc
  diptych/gallery_test.cc
  diptych/socket_test.cc
  multipart_test.cc
  openai/images_test.cc
  openai/responses_images_test.cc
  DEPENDS diptych_api_testing)
