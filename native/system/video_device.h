// An open camera with its buffers, which are given back however a capture ends.
#pragma once

#include <linux/videodev2.h>

#include <cstddef>
#include <string>
#include <vector>

#include "runtime/status.h"

namespace perifocal {

/// A buffer of the driver, mapped.
struct VideoBuffer {
  void* data;
  std::size_t bytes;
};

class VideoDevice {
 public:
  VideoDevice() = default;
  ~VideoDevice();
  VideoDevice(const VideoDevice&) = delete;
  VideoDevice& operator=(const VideoDevice&) = delete;

  /// Opens a camera that can stream.
  Status open(const std::string& path);
  /// Asks for a format; the driver's answer is in `format`, and may be another one.
  Status setFormat(v4l2_pix_format& format);
  /// Maps buffers, gives them to the driver, and starts.
  Status startStreaming();
  /// Waits up to `milliseconds` for a frame. @param isReady false: none came
  Status wait(int milliseconds, bool& isReady);
  /// Takes a frame. @param isReady false: there is none yet
  Status dequeue(v4l2_buffer& buffer, bool& isReady);
  /// Gives its buffer back.
  Status enqueue(v4l2_buffer& buffer);

  const VideoBuffer& buffer(std::size_t index) const { return buffers_[index]; }
  std::size_t bufferCount() const { return buffers_.size(); }
  /// Names of the formats that it offers, for people.
  std::string formats();

 private:
  /// @param name of the request, for errors
  Status control(unsigned long request, void* argument, const char* name);
  Status mapBuffers();

  int descriptor_ = -1;
  bool isStreaming_ = false;
  std::vector<VideoBuffer> buffers_;
};

/// The four letters of a format.
std::string nameOfFormat(std::uint32_t fourcc);

}  // namespace perifocal
