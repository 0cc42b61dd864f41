#include "system/video_device.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

namespace perifocal {
namespace {

/// One is filled while another one is read.
constexpr std::uint32_t kBuffers = 3;
/// More formats than any camera has.
constexpr std::uint32_t kMostFormats = 64;

v4l2_buffer emptyBuffer(std::uint32_t index) {
  v4l2_buffer buffer{};
  buffer.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  buffer.memory = V4L2_MEMORY_MMAP;
  buffer.index = index;
  return buffer;
}

}  // namespace

std::string nameOfFormat(std::uint32_t fourcc) {
  std::string name;
  for (int shift = 0; shift < 32; shift += 8) {
    const auto letter = static_cast<char>(fourcc >> shift & 0x7f);
    name += letter >= ' ' && letter <= '~' ? letter : '?';
  }
  return name;
}

VideoDevice::~VideoDevice() {
  if (descriptor_ < 0) return;
  int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  if (isStreaming_) ioctl(descriptor_, VIDIOC_STREAMOFF, &type);
  for (const VideoBuffer& buffer : buffers_) munmap(buffer.data, buffer.bytes);
  close(descriptor_);
}

Status VideoDevice::control(unsigned long request, void* argument, const char* name) {
  int result = 0;
  do {
    result = ioctl(descriptor_, request, argument);
  } while (result != 0 && errno == EINTR);
  if (result != 0) return systemFailure(name, errno);
  return {};
}

Status VideoDevice::open(const std::string& path) {
  descriptor_ = ::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (descriptor_ < 0) return systemFailure("open", errno);
  v4l2_capability found{};
  const Status status = control(VIDIOC_QUERYCAP, &found, "VIDIOC_QUERYCAP");
  if (!status.ok()) return status;
  const std::uint32_t able = found.capabilities & V4L2_CAP_DEVICE_CAPS ? found.device_caps : found.capabilities;
  if (able & V4L2_CAP_VIDEO_CAPTURE_MPLANE && !(able & V4L2_CAP_VIDEO_CAPTURE)) {
    return {StatusCode::kArgument, path + " delivers its planes apart, which is not taken; use its own program (exec)"};
  }
  if (!(able & V4L2_CAP_VIDEO_CAPTURE)) {
    return {StatusCode::kArgument, path + " captures no video; name the node that does (v4l2-ctl --list-devices)"};
  }
  if (!(able & V4L2_CAP_STREAMING)) {
    return {StatusCode::kArgument, path + " does not stream by mapped memory, which is not taken"};
  }
  return {};
}

Status VideoDevice::setFormat(v4l2_pix_format& format) {
  v4l2_format wanted{};
  wanted.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  wanted.fmt.pix = format;
  wanted.fmt.pix.field = V4L2_FIELD_NONE;
  const Status status = control(VIDIOC_S_FMT, &wanted, "VIDIOC_S_FMT");
  format = wanted.fmt.pix;
  return status;
}

std::string VideoDevice::formats() {
  std::string names;
  for (std::uint32_t i = 0; i < kMostFormats; ++i) {
    v4l2_fmtdesc description{};
    description.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    description.index = i;
    if (!control(VIDIOC_ENUM_FMT, &description, "VIDIOC_ENUM_FMT").ok()) break;
    names += (names.empty() ? "" : ", ") + nameOfFormat(description.pixelformat);
  }
  return names.empty() ? "nothing" : names;
}

Status VideoDevice::mapBuffers() {
  v4l2_requestbuffers wanted{};
  wanted.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  wanted.memory = V4L2_MEMORY_MMAP;
  wanted.count = kBuffers;
  Status status = control(VIDIOC_REQBUFS, &wanted, "VIDIOC_REQBUFS");
  if (!status.ok()) return status;
  if (wanted.count == 0) return systemFailure("VIDIOC_REQBUFS", ENOMEM);
  for (std::uint32_t i = 0; i < wanted.count; ++i) {
    v4l2_buffer buffer = emptyBuffer(i);
    status = control(VIDIOC_QUERYBUF, &buffer, "VIDIOC_QUERYBUF");
    if (!status.ok()) return status;
    void* data = mmap(nullptr, buffer.length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, buffer.m.offset);
    if (data == MAP_FAILED) return systemFailure("mmap", errno);
    buffers_.push_back({data, buffer.length});
  }
  return {};
}

Status VideoDevice::startStreaming() {
  Status status = mapBuffers();
  for (std::uint32_t i = 0; status.ok() && i < buffers_.size(); ++i) {
    v4l2_buffer buffer = emptyBuffer(i);
    status = enqueue(buffer);
  }
  if (!status.ok()) return status;
  int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  status = control(VIDIOC_STREAMON, &type, "VIDIOC_STREAMON");
  isStreaming_ = status.ok();
  return status;
}

Status VideoDevice::wait(int milliseconds, bool& isReady) {
  pollfd polled{descriptor_, POLLIN, 0};
  const int count = poll(&polled, 1, milliseconds);
  isReady = count > 0;
  if (count < 0 && errno != EINTR) return systemFailure("poll", errno);
  return {};
}

Status VideoDevice::dequeue(v4l2_buffer& buffer, bool& isReady) {
  buffer = emptyBuffer(0);
  const Status status = control(VIDIOC_DQBUF, &buffer, "VIDIOC_DQBUF");
  isReady = status.ok();
  return status.systemCode() == EAGAIN ? Status() : status;
}

Status VideoDevice::enqueue(v4l2_buffer& buffer) { return control(VIDIOC_QBUF, &buffer, "VIDIOC_QBUF"); }

}  // namespace perifocal
