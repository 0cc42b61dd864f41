// Locks of files that hold between processes.
#pragma once

#include "runtime/status.h"

namespace perifocal {

/// Takes the exclusive lock of an open file by flock without waiting. It ends when the descriptor is closed, in
/// whatever way the process ends. @param isTaken false: somebody else holds it
Status takeFileLock(int descriptor, bool& isTaken);

}  // namespace perifocal
