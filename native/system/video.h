// One frame of a camera through Video4Linux 2.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/status.h"
#include "runtime/team.h"

namespace perifocal {

/// How the camera codes its frames.
enum class VideoCoding { kMjpg, kYuyv, kGrey };

struct VideoRequest {
  std::string path;  ///< such as /dev/video0
  int width = 0;
  int height = 0;
  VideoCoding coding = VideoCoding::kMjpg;
  int skip = 0;       ///< frames that are let go first, while the exposure settles
  int timeoutMs = 0;  ///< for all of them together
};

struct VideoFrame {
  /// kMjpg: the bytes of a JPEG. kYuyv: red, green and blue. kGrey: one byte a pixel. Without gaps.
  std::vector<std::uint8_t> data;
  std::uint32_t sequence = 0;
  int damaged = 0;  ///< frames that the driver has marked as damaged, before this one
};

/// Opens the camera, takes one frame, and closes it again. kSystem: ETIMEDOUT where no whole frame came in time.
/// kArgument: the camera cannot do it; the message says what it can.
Status captureVideo(const VideoRequest& request, const Team& team, VideoFrame& out);

/// Luma and chroma of two pixels in four bytes, in the range of video (BT.601), to red, green and blue.
void convertYuyv(const std::uint8_t* row, int width, std::uint8_t* rgb);

}  // namespace perifocal
