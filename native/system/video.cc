#include "system/video.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "system/video_device.h"

namespace perifocal {
namespace {

using Clock = std::chrono::steady_clock;

/// A cancelled call ends this soon.
constexpr int kSliceMs = 50;

constexpr std::uint32_t fourccOf(VideoCoding coding) {
  switch (coding) {
    case VideoCoding::kMjpg: return V4L2_PIX_FMT_MJPEG;
    case VideoCoding::kYuyv: return V4L2_PIX_FMT_YUYV;
    case VideoCoding::kGrey: return V4L2_PIX_FMT_GREY;
  }
  return 0;
}

/// Bytes of a row of pixels as the camera delivers them; 0: they are packed.
std::size_t rowBytesOf(const VideoRequest& request) {
  const auto width = static_cast<std::size_t>(request.width);
  if (request.coding == VideoCoding::kMjpg) return 0;
  return request.coding == VideoCoding::kYuyv ? 2 * (width + width % 2) : width;
}

Status agree(VideoDevice& device, const VideoRequest& request, v4l2_pix_format& format) {
  format.width = static_cast<std::uint32_t>(request.width);
  format.height = static_cast<std::uint32_t>(request.height);
  format.pixelformat = fourccOf(request.coding);
  const std::string wanted = nameOfFormat(format.pixelformat);
  const Status status = device.setFormat(format);
  if (!status.ok()) return status;
  if (format.pixelformat != fourccOf(request.coding)) {
    return {StatusCode::kArgument, request.path + " does not deliver " + wanted + "; it offers " + device.formats()};
  }
  if (format.width != static_cast<std::uint32_t>(request.width) ||
      format.height != static_cast<std::uint32_t>(request.height)) {
    const std::string nearest = std::to_string(format.width) + "x" + std::to_string(format.height);
    return {StatusCode::kArgument, request.path + " has no such size in " + wanted + "; the nearest is " + nearest};
  }
  format.bytesperline = std::max<std::uint32_t>(format.bytesperline, rowBytesOf(request));
  return {};
}

/// Whether a buffer holds a whole frame.
bool isWhole(const VideoDevice& device, const v4l2_buffer& buffer, const VideoRequest& request,
             const v4l2_pix_format& format) {
  if (buffer.flags & V4L2_BUF_FLAG_ERROR || buffer.index >= device.bufferCount()) return false;
  if (buffer.bytesused == 0 || buffer.bytesused > device.buffer(buffer.index).bytes) return false;
  const std::size_t rows = request.height - 1;
  const std::size_t rowBytes = rowBytesOf(request);
  return rowBytes == 0 || buffer.bytesused >= rows * format.bytesperline + rowBytes;
}

void copyFrame(const std::uint8_t* data, std::size_t bytes, const VideoRequest& request, const v4l2_pix_format& format,
               VideoFrame& out) {
  if (request.coding == VideoCoding::kMjpg) {
    out.data.assign(data, data + bytes);
    return;
  }
  const bool isColour = request.coding == VideoCoding::kYuyv;
  const std::size_t rowBytes = static_cast<std::size_t>(request.width) * (isColour ? 3 : 1);
  out.data.resize(rowBytes * request.height);
  for (int y = 0; y < request.height; ++y) {
    const std::uint8_t* row = data + static_cast<std::size_t>(y) * format.bytesperline;
    std::uint8_t* to = out.data.data() + y * rowBytes;
    isColour ? convertYuyv(row, request.width, to) : static_cast<void>(std::memcpy(to, row, rowBytes));
  }
}

/// Waits for one buffer of the driver's, whole or not.
Status nextBuffer(VideoDevice& device, Clock::time_point deadline, const Team& team, v4l2_buffer& buffer) {
  for (;;) {
    if (team.cancelled()) return team.status();
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return systemFailure("VIDIOC_DQBUF", ETIMEDOUT);
    bool isReady = false;
    Status status = device.wait(static_cast<int>(std::min<long long>(left, kSliceMs)), isReady);
    if (status.ok() && isReady) status = device.dequeue(buffer, isReady);
    if (!status.ok() || isReady) return status;
  }
}

}  // namespace

Status captureVideo(const VideoRequest& request, const Team& team, VideoFrame& out) {
  if (team.cancelled()) return team.status();
  const auto deadline = Clock::now() + std::chrono::milliseconds(request.timeoutMs);
  VideoDevice device;
  v4l2_pix_format format{};
  Status status = device.open(request.path);
  if (status.ok()) status = agree(device, request, format);
  if (status.ok()) status = device.startStreaming();
  for (int toSkip = request.skip; status.ok();) {
    v4l2_buffer buffer{};
    status = nextBuffer(device, deadline, team, buffer);
    if (!status.ok()) break;
    if (!isWhole(device, buffer, request, format)) {
      ++out.damaged;
    } else if (toSkip-- == 0) {
      const auto* data = static_cast<const std::uint8_t*>(device.buffer(buffer.index).data);
      copyFrame(data, buffer.bytesused, request, format, out);
      out.sequence = buffer.sequence;
      break;
    }
    status = device.enqueue(buffer);
  }
  return status;
}

}  // namespace perifocal
