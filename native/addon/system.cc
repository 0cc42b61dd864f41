// What a service asks of Linux: who is at a socket, messages to the supervisor, scheduling, locks of files.
#include "addon/arguments.h"
#include "addon/module.h"
#include "addon/results.h"
#include "system/locks.h"
#include "system/scheduling.h"
#include "system/sockets.h"

namespace perifocal::addon {
namespace {

void requireOk(Napi::Env env, const Status& status) {
  if (!status.ok()) throw toError(env, status);
}

Napi::Value peerCredentials(const Napi::CallbackInfo& info) {
  PeerCredentials peer;
  requireOk(info.Env(), readPeerCredentials(intOf(info[0]), peer));
  return toObject(info.Env(), {{"pid", static_cast<double>(peer.pid)},
                               {"uid", static_cast<double>(peer.uid)},
                               {"gid", static_cast<double>(peer.gid)}});
}

Napi::Value sendDatagram(const Napi::CallbackInfo& info) {
  requireOk(info.Env(), sendUnixDatagram(info[0].ToString(), info[1].ToString()));
  return info.Env().Undefined();
}

Napi::Value lockFile(const Napi::CallbackInfo& info) {
  bool isTaken = false;
  requireOk(info.Env(), takeFileLock(intOf(info[0]), isTaken));
  return Napi::Boolean::New(info.Env(), isTaken);
}

SchedulingChange changeOf(const Napi::Object& object) {
  SchedulingChange change;
  if (object.Has("policy")) {
    change.policy = wordOf<Policy>(object.Get("policy"), "policy",
                                   {{"other", Policy::kOther}, {"batch", Policy::kBatch}, {"idle", Policy::kIdle}});
  }
  if (object.Has("nice")) change.nice = intOf(object, "nice");
  if (object.Has("cpus")) {
    const auto cpus = arrayOf<std::int32_t>(object, "cpus");
    change.cpus.assign(cpus.begin(), cpus.end());
  }
  return change;
}

Napi::Value setScheduling(const Napi::CallbackInfo& info) {
  requireOk(info.Env(), changeScheduling(intOf(info[0]), changeOf(asObject(info[1], "change"))));
  return info.Env().Undefined();
}

Napi::Value scheduling(const Napi::CallbackInfo& info) {
  Scheduling now;
  requireOk(info.Env(), readScheduling(intOf(info[0]), now));
  Napi::Object object = toObject(info.Env(), {{"policy", now.policy}, {"nice", now.nice}});
  Napi::Array cpus = Napi::Array::New(info.Env(), now.cpus.size());
  for (std::size_t i = 0; i < now.cpus.size(); ++i) cpus.Set(static_cast<std::uint32_t>(i), now.cpus[i]);
  object.Set("cpus", cpus);
  return object;
}

}  // namespace

void addSystem(Napi::Object& exports) {
  addFunction<peerCredentials>(exports, "peerCredentials");
  addFunction<sendDatagram>(exports, "sendDatagram");
  addFunction<lockFile>(exports, "lockFile");
  addFunction<setScheduling>(exports, "setScheduling");
  addFunction<scheduling>(exports, "scheduling");
}

}  // namespace perifocal::addon
