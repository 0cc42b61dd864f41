// Native objects as JavaScript holds them: one call at a time, and memory that goes back when told.
#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "addon/errors.h"
#include "addon/pool.h"
#include "addon/task.h"
#include "runtime/team.h"

namespace perifocal::addon {

/// What a handle and the call under way share; the object lives until both have let go. JavaScript's thread alone
/// looks at the flags.
template <class T>
struct Slot {
  std::unique_ptr<T> object;
  bool isBusy = false;
  bool isDisposed = false;

  /// A call's hold on the object.
  class Occupation {
   public:
    explicit Occupation(std::shared_ptr<Slot> slot) : slot_(std::move(slot)) { slot_->isBusy = true; }
    ~Occupation() {
      slot_->isBusy = false;
      if (slot_->isDisposed) slot_->object.reset();
    }
    Occupation(const Occupation&) = delete;
    Occupation& operator=(const Occupation&) = delete;

   private:
    std::shared_ptr<Slot> slot_;
  };
};

/// The base of the class `Self`, whose `kName` errors use. T has a `team()` and states its `mappedBytes()`.
template <class Self, class T>
class Handle : public Napi::ObjectWrap<Self> {
 public:
  explicit Handle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Self>(info) {}

  /// A JavaScript object of this class with what it is for.
  static Napi::Object make(const Napi::FunctionReference& constructor, std::unique_ptr<T> object) {
    auto slot = std::make_shared<Slot<T>>();
    slot->object = std::move(object);
    const Napi::Object made = constructor.New({});
    Napi::ObjectWrap<Self>::Unwrap(made)->adopt(std::move(slot));
    return made;
  }

  void Finalize(Napi::Env env) override { release(env); }

 protected:
  using Method = Napi::Value (Self::*)(const Napi::CallbackInfo&);

  template <Method kMethod>
  static Napi::ClassPropertyDescriptor<Self> method(const char* name) {
    return Napi::ObjectWrap<Self>::InstanceMethod(name, static_cast<Method>(&Handle::template guarded<kMethod>));
  }
  static Napi::ClassPropertyDescriptor<Self> mappedBytesProperty() {
    return Napi::ObjectWrap<Self>::InstanceAccessor("mappedBytes", static_cast<Method>(&Handle::mappedBytes), nullptr);
  }
  static Napi::ClassPropertyDescriptor<Self> disposeMethod() {
    return Napi::ObjectWrap<Self>::InstanceMethod("dispose", static_cast<Method>(&Handle::dispose));
  }

  /// The object, for something quick or for a call. Throws STATE when it is disposed or busy.
  T& idle(Napi::Env env) const {
    const auto refuse = [env](const char* why) {
      return toError(env, {StatusCode::kState, std::string("the ") + Self::kName + why});
    };
    if (slot_ == nullptr || slot_->isDisposed) throw refuse(" was disposed");
    if (slot_->isBusy) throw refuse(" is still working on the last call");
    return *slot_->object;
  }

  /// Starts one call off the event loop with the ticket at this index. @param held what it reads or writes
  Napi::Value call(const Napi::CallbackInfo& info, std::size_t ticketIndex, std::vector<Napi::Value> held,
                   std::function<Status(T&)> compute, std::function<Napi::Value(Napi::Env)> convert) {
    idle(info.Env());
    std::shared_ptr<Ticket> ticket = ticketOf(info, ticketIndex);
    auto run = [slot = slot_, compute = std::move(compute)](Ticket& lent) {
      const Team::Loan loan(slot->object->team(), lent);
      return compute(*slot->object);
    };
    return start(info.Env(), std::move(ticket),
                 {.held = std::move(held),
                  .compute = std::move(run),
                  .convert = std::move(convert),
                  .occupation = std::make_shared<typename Slot<T>::Occupation>(slot_)});
  }

  /// What `Self` does when it is disposed, while the object is still there.
  void beforeRelease() {}

  const std::shared_ptr<Slot<T>>& slot() const { return slot_; }

 private:
  void adopt(std::shared_ptr<Slot<T>> slot) {
    slot_ = std::move(slot);
    accounted_ = static_cast<std::int64_t>(slot_->object->mappedBytes());
    Napi::MemoryManagement::AdjustExternalMemory(this->Env(), accounted_);
  }

  template <Method kMethod>
  Napi::Value guarded(const Napi::CallbackInfo& info) {
    return guard(info.Env(), [&] { return (static_cast<Self*>(this)->*kMethod)(info); });
  }

  Napi::Value mappedBytes(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), static_cast<double>(accounted_));
  }

  Napi::Value dispose(const Napi::CallbackInfo& info) {
    release(info.Env());
    return info.Env().Undefined();
  }

  void release(Napi::Env env) {
    if (slot_ == nullptr || slot_->isDisposed) return;
    static_cast<Self*>(this)->beforeRelease();
    slot_->isDisposed = true;
    if (!slot_->isBusy) slot_->object.reset();  // else the call does it when it ends
    Napi::MemoryManagement::AdjustExternalMemory(env, -std::exchange(accounted_, 0));
  }

  std::shared_ptr<Slot<T>> slot_;
  std::int64_t accounted_ = 0;
};

}  // namespace perifocal::addon
