# Pictures: what a request for one is, the endpoints of each family; included by CMakeLists.txt.
target_sources(diptych_api PRIVATE
  errand.cc
  job_answer.cc
  multipart.cc
  picture_fields.cc
  picture_input.cc
  picture_names.cc
  picture_order.cc
  services.cc)

diptych_test(api_pictures
  multipart_test.cc
  DEPENDS diptych_api_testing)
