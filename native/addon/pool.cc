#include "addon/pool.h"

#include <string>
#include <utility>

#include "addon/arguments.h"
#include "addon/module.h"
#include "addon/tagged.h"

namespace perifocal::addon {
namespace {

class TicketHandle : public Napi::ObjectWrap<TicketHandle> {
 public:
  static constexpr napi_type_tag kTag{0x7b1f7a5e0c3d4e21, 0x9a60d1e2f3b4c5d6};
  static constexpr const char* kName = "NativeTicket";

  explicit TicketHandle(const Napi::CallbackInfo& info) : ObjectWrap(info) { Value().TypeTag(&kTag); }

  void adopt(std::shared_ptr<Ticket> ticket) { ticket_ = std::move(ticket); }
  const std::shared_ptr<Ticket>& ticket() const { return ticket_; }

  void cancel(const Napi::CallbackInfo&) {
    if (ticket_ != nullptr) ticket_->cancel();
  }

 private:
  std::shared_ptr<Ticket> ticket_;
};

class PoolHandle : public Napi::ObjectWrap<PoolHandle> {
 public:
  explicit PoolHandle(const Napi::CallbackInfo& info) : ObjectWrap(info) {}

  void adopt(std::shared_ptr<Workers> workers) { workers_ = std::move(workers); }
  void Finalize(Napi::Env) override { close(); }

  Napi::Value busy(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), workers_->busy()); }
  Napi::Value mostBusy(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), workers_->mostBusy()); }

  Napi::Value ticket(const Napi::CallbackInfo& info) {
    return guard(info.Env(), [&] { return makeTicket(info); });
  }

  void dispose(const Napi::CallbackInfo&) { close(); }

 private:
  Napi::Value makeTicket(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const int threads = intOf(info[0]);
    if (threads < 1 || threads > workers_->threads()) {
      throw toError(env, {StatusCode::kInternal, "a ticket for " + std::to_string(threads) + " threads of a pool of " +
                                                     std::to_string(workers_->threads())});
    }
    const Napi::Object object = env.GetInstanceData<InstanceData>()->ticketClass.New({});
    TicketHandle::Unwrap(object)->adopt(std::make_shared<Ticket>(workers_, threads));
    return object;
  }

  void close() {
    if (workers_ != nullptr) workers_->close();
  }

  std::shared_ptr<Workers> workers_ = std::make_shared<Workers>(1);
};

}  // namespace

Napi::Function definePool(Napi::Env env) {
  return PoolHandle::DefineClass(env, "NativePool",
                                 {PoolHandle::InstanceAccessor<&PoolHandle::busy>("busy"),
                                  PoolHandle::InstanceAccessor<&PoolHandle::mostBusy>("mostBusy"),
                                  PoolHandle::InstanceMethod<&PoolHandle::ticket>("ticket"),
                                  PoolHandle::InstanceMethod<&PoolHandle::dispose>("dispose")});
}

Napi::Function defineTicket(Napi::Env env) {
  return TicketHandle::DefineClass(env, TicketHandle::kName,
                                   {TicketHandle::InstanceMethod<&TicketHandle::cancel>("cancel")});
}

Napi::Value createPool(const Napi::CallbackInfo& info) {
  const Napi::Object object = info.Env().GetInstanceData<InstanceData>()->poolClass.New({});
  PoolHandle::Unwrap(object)->adopt(std::make_shared<Workers>(threadsOf(info[0])));
  return object;
}

std::shared_ptr<Ticket> ticketOf(const Napi::CallbackInfo& info, std::size_t index) {
  if (info[index].IsUndefined()) {
    const std::string place = std::to_string(index + 1);
    throw toError(info.Env(), {StatusCode::kArgument, "argument " + place + " is missing: a ticket of createPool"});
  }
  const std::shared_ptr<Ticket>& ticket = unwrapTagged<TicketHandle>(info[index]).ticket();
  if (ticket == nullptr) throw toError(info.Env(), {StatusCode::kInternal, "a NativeTicket of no pool"});
  return ticket;
}

}  // namespace perifocal::addon
