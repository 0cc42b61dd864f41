// Unix sockets: who is at the other end, and single messages.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/status.h"

namespace perifocal {

/// The process that connected, as the kernel noted it then.
struct PeerCredentials {
  std::int64_t pid = 0;
  std::int64_t uid = 0;
  std::int64_t gid = 0;
};

/// SO_PEERCRED of a connected Unix stream socket.
Status readPeerCredentials(int descriptor, PeerCredentials& out);

/// Sends one datagram to a Unix socket without waiting. An address that begins with '@' is an abstract one.
Status sendUnixDatagram(const std::string& address, const std::string& text);

}  // namespace perifocal
