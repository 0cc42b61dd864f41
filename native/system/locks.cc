#include "system/locks.h"

#include <sys/file.h>

#include <cerrno>

namespace perifocal {

Status takeFileLock(int descriptor, bool& isTaken) {
  int result = 0;
  do {
    result = flock(descriptor, LOCK_EX | LOCK_NB);
  } while (result != 0 && errno == EINTR);
  isTaken = result == 0;
  if (isTaken || errno == EWOULDBLOCK) return {};
  return systemFailure("flock", errno);
}

}  // namespace perifocal
