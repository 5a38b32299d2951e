#pragma once
// What is answered when a drawing has ended: pictures, the request repeated, and A1111's account
// of it.

#include <string>

#include "api/call.h"
#include "api/sdapi/drawing_order.h"
#include "api/services.h"
#include "jobs/job.h"

namespace diptych::sdapi {

struct DrawingAccount {  // what the answer knows besides the job
  Json echo;
  AnswerFields wishes;
  PictureModelEntry model;
  std::vector<std::string> styles;
  std::int64_t subseed = 0;
  double subseed_strength = 0;
  bool return_grid = false;
  Warnings warnings;
};

// Reads the pictures' files. kIo: one is gone.
Result<Answer> format_drawing(const Job& job, const DrawingAccount& account,
                              PictureServices& pictures);

// Warnings as the answer lists them, and their count as a header.
Json warnings_json(const Warnings& warnings);
void add_warnings(Answer& answer, const Warnings& warnings);

}  // namespace diptych::sdapi
