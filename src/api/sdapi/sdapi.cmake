# A1111's API; included by ../CMakeLists.txt.
target_sources(diptych_api PRIVATE
  sdapi/absent.cc
  sdapi/answers.cc
  sdapi/checkpoint.cc
  sdapi/desk.cc
  sdapi/draw.cc
  sdapi/draw_answer.cc
  sdapi/drawing_body.cc
  sdapi/drawing_fields.cc
  sdapi/drawing_order.cc
  sdapi/extras.cc
  sdapi/get_desk.cc
  sdapi/grid.cc
  sdapi/image_to_image_fields.cc
  sdapi/lenient.cc
  sdapi/listings.cc
  sdapi/machine.cc
  sdapi/models.cc
  sdapi/options.cc
  sdapi/options_info.cc
  sdapi/png_info.cc
  sdapi/progress.cc
  sdapi/routes.cc
  sdapi/running.cc
  sdapi/schedule_names.cc
  sdapi/scripts.cc
  sdapi/second_pass.cc
  sdapi/style_file.cc
  sdapi/text_to_image_fields.cc
  sdapi/upscale.cc)
set_source_files_properties(sdapi/machine.cc PROPERTIES COMPILE_DEFINITIONS
                            "DIPTYCH_VERSION=\"${PROJECT_VERSION}\"")

diptych_test(sdapi
  sdapi/draw_answer_test.cc
  sdapi/drawing_test.cc
  sdapi/extras_test.cc
  sdapi/options_test.cc
  sdapi/progress_test.cc
  DEPENDS diptych_api_testing)
