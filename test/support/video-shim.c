/* A camera of Video4Linux as a file: answers the ioctls that a capture needs, in the way that VIDEO_SHIM names.
   Loaded by LD_PRELOAD. The file is what the driver's buffers show when they are mapped. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BUFFERS 2

static int camera = -1, streaming = 0, taken = 0, queue[64], queued = 0, head = 0;
static struct v4l2_pix_format agreed;

static int is(const char* way) {
  const char* set = getenv("VIDEO_SHIM");
  return set != NULL && strcmp(set, way) == 0;
}
static unsigned number(const char* name) {
  const char* set = getenv(name);
  return set == NULL ? 0 : (unsigned)atoi(set);
}
static int fails(int code) {
  errno = code;
  return -1;
}

static int describe(struct v4l2_capability* found) {
  strcpy((char*)found->driver, "shim");
  found->capabilities = V4L2_CAP_DEVICE_CAPS | V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
  found->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
  if (is("planes")) found->device_caps = V4L2_CAP_VIDEO_CAPTURE_MPLANE | V4L2_CAP_STREAMING;
  if (is("no-video")) found->device_caps = V4L2_CAP_META_CAPTURE | V4L2_CAP_STREAMING;
  if (is("no-stream")) found->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_READWRITE;
  return 0;
}

static int agree(struct v4l2_format* wanted) {
  if (is("busy")) return fails(EBUSY);
  if (is("other-coding")) wanted->fmt.pix.pixelformat = V4L2_PIX_FMT_YUYV;
  if (is("other-size")) wanted->fmt.pix.width = 640, wanted->fmt.pix.height = 480;
  const unsigned bytes = wanted->fmt.pix.pixelformat == V4L2_PIX_FMT_YUYV ? 2 : 1;
  const int packed = wanted->fmt.pix.pixelformat == V4L2_PIX_FMT_MJPEG;
  wanted->fmt.pix.bytesperline = packed ? 0 : wanted->fmt.pix.width * bytes + number("VIDEO_SHIM_PADDING");
  wanted->fmt.pix.sizeimage = number("VIDEO_SHIM_LENGTH");
  agreed = wanted->fmt.pix;
  return 0;
}

static int nameFormat(struct v4l2_fmtdesc* description) {
  const unsigned formats[] = {V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_SRGGB8};
  if (description->index >= 2) return fails(EINVAL);
  description->pixelformat = formats[description->index];
  return 0;
}

static int take(struct v4l2_buffer* buffer) {
  if (!streaming) return fails(EINVAL);
  if (is("gone")) return fails(ENODEV);
  if (is("late") && taken == 0) return taken++, fails(EAGAIN);
  if (queued == 0) return fails(EAGAIN);
  buffer->index = (unsigned)queue[head++ % 64];
  --queued;
  buffer->sequence = (unsigned)taken++;
  buffer->flags = is("damaged") && taken <= 2 ? V4L2_BUF_FLAG_ERROR : 0;
  buffer->bytesused = number("VIDEO_SHIM_BYTES");
  if (is("half")) buffer->bytesused /= 2;
  if (is("empty")) buffer->bytesused = 0;
  if (is("too-long")) buffer->bytesused = agreed.sizeimage + 1;
  if (is("wrong-buffer")) buffer->index = 1000000;
  return 0;
}

static int answer(unsigned long request, void* argument) {
  struct v4l2_buffer* buffer = argument;
  switch (request) {
    case VIDIOC_QUERYCAP: return describe(argument);
    case VIDIOC_ENUM_FMT: return nameFormat(argument);
    case VIDIOC_S_FMT: return agree(argument);
    case VIDIOC_REQBUFS:
      ((struct v4l2_requestbuffers*)argument)->count = is("no-buffers") ? 0 : BUFFERS;
      return 0;
    case VIDIOC_QUERYBUF:
      buffer->length = agreed.sizeimage;
      buffer->m.offset = buffer->index * ((agreed.sizeimage + 4095) / 4096 * 4096);
      return 0;
    case VIDIOC_QBUF:
      queue[(head + queued++) % 64] = (int)buffer->index;
      return 0;
    case VIDIOC_DQBUF: return take(buffer);
    case VIDIOC_STREAMON:
      if (is("no-start")) return fails(EIO);
      streaming = 1;
      return 0;
    case VIDIOC_STREAMOFF:
      streaming = 0;
      fprintf(stderr, "stopped\n");
      return 0;
  }
  return fails(ENOTTY);
}

int ioctl(int descriptor, unsigned long request, ...) {
  va_list rest;
  va_start(rest, request);
  void* argument = va_arg(rest, void*);
  va_end(rest);
  if (_IOC_TYPE(request) == 'V' && getenv("VIDEO_SHIM") != NULL) {
    camera = descriptor;
    return answer(request, argument);
  }
  int (*real)(int, unsigned long, ...) = dlsym(RTLD_NEXT, "ioctl");
  return real(descriptor, request, argument);
}

int poll(struct pollfd* list, nfds_t count, int milliseconds) {
  int (*real)(struct pollfd*, nfds_t, int) = dlsym(RTLD_NEXT, "poll");
  if (count != 1 || list->fd != camera) return real(list, count, milliseconds);
  if (is("nothing")) return usleep((unsigned)milliseconds * 1000), 0;
  list->revents = POLLIN;
  return 1;
}
