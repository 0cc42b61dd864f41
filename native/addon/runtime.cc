// The machine: CPU, instruction sets, threads, heap.
#include <malloc.h>

#include "addon/module.h"
#include "addon/pool.h"
#include "isa/registry.h"
#include "runtime/cpu.h"

namespace perifocal::addon {
namespace {

Napi::Value cpu(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const CpuFeatures& f = cpuFeatures();
  const std::pair<const char*, bool> known[] = {{"avx2", f.avx2},       {"avxvnni", f.avxVnni},
                                                {"avx512", f.avx512},   {"avx512vnni", f.avx512Vnni},
                                                {"dotprod", f.dotprod}, {"i8mm", f.i8mm}};
  Napi::Array features = Napi::Array::New(env);
  for (const auto& [name, present] : known) {
    if (present) features.Set(features.Length(), name);
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("name", cpuName());
  object.Set("features", features);
  return object;
}

Napi::Value isas(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Array list = Napi::Array::New(env);
  for (const RegisteredIsa& isa : registeredIsas()) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("name", isa.kernels->name);
    object.Set("description", isa.kernels->description);
    object.Set("supported", isa.supported);
    object.Set("winograd", isa.kernels->layout.hasWinograd());
    list.Set(list.Length(), object);
  }
  return list;
}

/// Gives freed heap back to the system: the allocator keeps a decoder's buffers per thread otherwise.
Napi::Value trimHeap(const Napi::CallbackInfo& info) {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
  return info.Env().Undefined();
}

/// Keeps glibc from learning how much to keep. By default it maps buffers by themselves only from the size of the
/// largest one that was freed so far, up to 32 MB. The heap of each thread then keeps up to twice as much, which no
/// trimming gives back, and which no plan counts.
void keepHeapsSmall() {
#if defined(__GLIBC__)
  constexpr int mappedFromBytes = 8 << 20;
  constexpr int keptBytes = 1 << 20;
  mallopt(M_MMAP_THRESHOLD, mappedFromBytes);
  mallopt(M_TRIM_THRESHOLD, keptBytes);
#endif
}

}  // namespace

void addRuntime(Napi::Object& exports, InstanceData& data) {
  keepHeapsSmall();
  data.poolClass = Napi::Persistent(definePool(exports.Env()));
  data.ticketClass = Napi::Persistent(defineTicket(exports.Env()));
  exports.Set("version", PERIFOCAL_VERSION);
  addFunction<cpu>(exports, "cpu");
  addFunction<isas>(exports, "isas");
  addFunction<createPool>(exports, "createPool");
  addFunction<trimHeap>(exports, "trimHeap");
}

}  // namespace perifocal::addon
