#include "addon/module.h"

static Napi::Object start(Napi::Env env, Napi::Object exports) { return perifocal::addon::addAll(env, exports); }

NODE_API_MODULE(perifocal, start)
