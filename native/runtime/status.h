// How native code reports failure: a code for programs and a message that says what was wrong and what to do.
#pragma once

#include <string>
#include <utility>

namespace perifocal {

enum class StatusCode {
  kOk,
  kArgument,  ///< no ticket, or an array that is shorter than what it is for, such as one whose buffer was transferred
  kModelInvalid,
  kIsaUnavailable,
  kOutOfMemory,
  kAborted,
  kState,
  kIntegrity,  ///< a result is not what inputs and weights make, not even when it is computed again
  kSystem,     ///< a system call has failed; `systemCode` says why
  kInternal
};

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }
  /// The errno of kSystem, else 0.
  int systemCode() const { return systemCode_; }

 private:
  friend Status systemFailure(std::string call, int code);

  StatusCode code_ = StatusCode::kOk;
  std::string message_;
  int systemCode_ = 0;
};

/// An allocation has failed. Short enough that the message needs none itself.
inline Status outOfMemory() { return {StatusCode::kOutOfMemory, "out of memory"}; }

/// A system call has failed with this errno. @param call its name, which is all of the message
inline Status systemFailure(std::string call, int code) {
  Status status(StatusCode::kSystem, std::move(call));
  status.systemCode_ = code;
  return status;
}

/// What the exception under way says; to be called while it is caught.
Status statusOfException() noexcept;

/// The name that TypeScript knows a code by.
constexpr const char* statusName(StatusCode code) {
  switch (code) {
    case StatusCode::kOk: return "OK";
    case StatusCode::kArgument: return "ARGUMENT";
    case StatusCode::kModelInvalid: return "MODEL_INVALID";
    case StatusCode::kIsaUnavailable: return "ISA_UNAVAILABLE";
    case StatusCode::kOutOfMemory: return "OUT_OF_MEMORY";
    case StatusCode::kAborted: return "ABORTED";
    case StatusCode::kState: return "STATE";
    case StatusCode::kIntegrity: return "INTEGRITY";
    case StatusCode::kSystem: return "SYSTEM";
    case StatusCode::kInternal: return "INTERNAL";
  }
  return "INTERNAL";
}

}  // namespace perifocal
