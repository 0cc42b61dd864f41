// Cameras of Video4Linux.
#include "system/video.h"

#include "addon/arguments.h"
#include "addon/module.h"
#include "addon/pool.h"
#include "addon/results.h"
#include "addon/task.h"

namespace perifocal::addon {
namespace {

VideoRequest requestOf(const Napi::Object& object) {
  return {.path = textOf(object, "path"),
          .width = intOf(object, "width"),
          .height = intOf(object, "height"),
          .coding = wordOf<VideoCoding>(
              object.Get("coding"), "coding",
              {{"MJPG", VideoCoding::kMjpg}, {"YUYV", VideoCoding::kYuyv}, {"GREY", VideoCoding::kGrey}}),
          .skip = intOf(object, "skip"),
          .timeoutMs = intOf(object, "timeoutMs")};
}

Napi::Value captureVideo(const Napi::CallbackInfo& info) {
  const VideoRequest request = requestOf(asObject(info[0], "request"));
  auto frame = std::make_shared<VideoFrame>();
  const auto compute = [=](Ticket& ticket) { return perifocal::captureVideo(request, Team(1, &ticket), *frame); };
  const auto convert = [frame](Napi::Env env) {
    Napi::Object taken = toObject(env, {{"sequence", frame->sequence}, {"damaged", frame->damaged}});
    Napi::Uint8Array data = Napi::Uint8Array::New(env, frame->data.size());
    std::copy(frame->data.begin(), frame->data.end(), data.Data());
    taken.Set("data", data);
    return taken;
  };
  return start(info.Env(), ticketOf(info, 1), {{}, compute, convert, nullptr});
}

}  // namespace

void addVideo(Napi::Object& exports) { addFunction<captureVideo>(exports, "captureVideo"); }

}  // namespace perifocal::addon
