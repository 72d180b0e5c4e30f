// SPDX-License-Identifier: MIT
//
// A checkpoint to try things on: a slice of SDXL's U-Net with its layer names and shapes, and made-up weights: normal
// with the standard deviation 1/sqrt(fan-in), and one in a thousand ten to thirty times as large, as trained networks
// have.
#ifndef DETENT_EXAMPLES_DEMO_SDXL_SLICE_HPP
#define DETENT_EXAMPLES_DEMO_SDXL_SLICE_HPP

#include <string>

namespace demo {

/// About 270 MB of fp32. The same bytes every time.
void write_sdxl_slice(const std::string& path);

}  // namespace demo

#endif
