// JavaScript values as native ones. Their meaning was checked in TypeScript; here is what memory depends on: how much
// of it an array shows, which is nothing once its buffer was transferred.
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "addon/errors.h"
#include "isa/registry.h"
#include "network/layers.h"
#include "streaming/memory_plan.h"

namespace perifocal::addon {

Napi::Object asObject(const Napi::Value& value, const char* name);
Napi::Object objectOf(const Napi::Object& object, const char* key);
Napi::Array listOf(const Napi::Object& object, const char* key);
int intOf(const Napi::Value& value);
int intOf(const Napi::Object& object, const char* key);
double numberOf(const Napi::Object& object, const char* key);
float floatOf(const Napi::Object& object, const char* key);
bool flagOf(const Napi::Object& object, const char* key);
std::string textOf(const Napi::Object& object, const char* key);
/// 1 to 3.
int threadsOf(const Napi::Value& value);
int threadsOf(const Napi::Object& object);

/// What a typed array shows of its buffer.
struct RawArray {
  napi_typedarray_type type;
  std::size_t count;  ///< elements
  void* data;
};
RawArray rawArrayOf(const Napi::Value& value, const char* name);

/// Throws ARGUMENT unless an array holds the `needed` values.
void requireCount(Napi::Env env, const char* name, std::size_t count, std::size_t needed);
/// Throws ARGUMENT unless an array is of the type that `expected` names.
void requireType(Napi::Env env, const char* name, bool isRight, const char* expected);

template <class T>
constexpr std::pair<napi_typedarray_type, const char*> kArrayType;
template <>
inline constexpr std::pair kArrayType<std::uint8_t>{napi_uint8_array, "Uint8Array"};
template <>
inline constexpr std::pair kArrayType<std::uint16_t>{napi_uint16_array, "Uint16Array"};
template <>
inline constexpr std::pair kArrayType<std::int16_t>{napi_int16_array, "Int16Array"};
template <>
inline constexpr std::pair kArrayType<std::int32_t>{napi_int32_array, "Int32Array"};
template <>
inline constexpr std::pair kArrayType<std::uint32_t>{napi_uint32_array, "Uint32Array"};
template <>
inline constexpr std::pair kArrayType<float>{napi_float32_array, "Float32Array"};
template <>
inline constexpr std::pair kArrayType<double>{napi_float64_array, "Float64Array"};

/// The values of a typed array of T, at least `needed`. Throws ARGUMENT.
template <class T>
std::span<T> asArray(const Napi::Value& value, const char* name, std::size_t needed = 0) {
  const RawArray raw = rawArrayOf(value, name);
  const auto& [type, expected] = kArrayType<T>;
  requireType(value.Env(), name, raw.type == type, expected);
  requireCount(value.Env(), name, raw.count, needed);
  return {static_cast<T*>(raw.data), raw.count};
}

template <class T>
std::span<T> arrayOf(const Napi::Object& object, const char* key, std::size_t needed = 0) {
  return asArray<T>(object.Get(key), key, needed);
}

/// A copy.
std::vector<double> doublesOf(const Napi::Object& object, const char* key);

/// Throws INTERNAL: TypeScript and C++ do not agree on the words of `what`.
[[noreturn]] void throwUnknownWord(Napi::Env env, const char* what, const std::string& word);

/// What a word means. Throws INTERNAL where it is none of them.
template <class T>
T wordOf(const Napi::Value& value, const char* what,
         std::initializer_list<std::pair<std::string_view, std::type_identity_t<T>>> words) {
  const std::string word = value.ToString();
  for (const auto& [name, meaning] : words) {
    if (name == word) return meaning;
  }
  throwUnknownWord(value.Env(), what, word);
}

NetworkShape networkShapeOf(const Napi::Object& object);
PassShape passShapeOf(const Napi::Object& object);

/// A supported instruction set of that name, or its kernels; throws ISA_UNAVAILABLE otherwise.
const RegisteredIsa& isaNamed(const Napi::Value& name);
const Kernels& kernelsNamed(const Napi::Value& name);

}  // namespace perifocal::addon
