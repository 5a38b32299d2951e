#pragma once
#include "base/error.h"

namespace diptych {

class PictureModel;  // image/pipeline/picture_model.h
struct Checkpoint;   // image/models/checkpoint.h

// What a model is drawn with where the request does not say.
struct ModelDefaults {
  int width = 512, height = 512;
  int steps = 20;
  double cfg_scale = 7;
};

// The size it was trained at, by its configs. A model's folder may say more in diptych.json:
// {"width": 128, "height": 128, "steps": 16, "cfg_scale": 4}, each optional. Errors
// (kInvalidArgument) name the file, the member and its value.
Result<ModelDefaults> defaults_of(const Checkpoint& checkpoint);
Result<ModelDefaults> defaults_of(const PictureModel& model);

}  // namespace diptych
