#pragma once
// OpenVINO's CPU plugin: the fast way on x86. Device "openvino:cpu".

#include <memory>

#include "compute/backend.h"

namespace diptych {

// In a build without OpenVINO the back end has no devices and compile() refuses by name.
std::unique_ptr<Backend> make_openvino_backend();

}  // namespace diptych
