#include "runtime/status.h"

#include <exception>
#include <new>
#include <system_error>

namespace perifocal {
namespace {

Status statusOf(std::exception_ptr failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::bad_alloc&) {
    return outOfMemory();
  } catch (const std::system_error& error) {
    return {StatusCode::kOutOfMemory, std::string("cannot start a thread: ") + error.what()};
  } catch (const std::exception& error) {
    return {StatusCode::kInternal, error.what()};
  } catch (...) {
    return {StatusCode::kInternal, "unknown exception"};
  }
}

}  // namespace

Status statusOfException() noexcept {
  try {
    return statusOf(std::current_exception());
  } catch (...) {
    return outOfMemory();
  }
}

}  // namespace perifocal
