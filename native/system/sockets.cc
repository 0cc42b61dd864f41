#include "system/sockets.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

namespace perifocal {
namespace {

/// A descriptor that is closed again.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int value() const { return value_; }

 private:
  int value_;
};

}  // namespace

Status readPeerCredentials(int descriptor, PeerCredentials& out) {
  // TCP sockets answer too, with ids that mean nothing.
  sockaddr_storage name{};
  socklen_t nameLength = sizeof name;
  if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&name), &nameLength) != 0) {
    return systemFailure("getsockname", errno);
  }
  if (name.ss_family != AF_UNIX) return systemFailure("SO_PEERCRED", EOPNOTSUPP);
  ucred credentials{};
  socklen_t length = sizeof credentials;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) {
    return systemFailure("SO_PEERCRED", errno);
  }
  // A socket that is not connected has no peer: process 0.
  if (credentials.pid == 0) return systemFailure("SO_PEERCRED", ENOTCONN);
  out = {credentials.pid, credentials.uid, credentials.gid};
  return {};
}

Status sendUnixDatagram(const std::string& address, const std::string& text) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (address.empty() || address.size() >= sizeof name.sun_path) return systemFailure("sendto", ENAMETOOLONG);
  std::memcpy(name.sun_path, address.data(), address.size());
  if (address.front() == '@') name.sun_path[0] = '\0';
  const Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (socket.value() < 0) return systemFailure("socket", errno);
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
  const auto sent = sendto(socket.value(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                           reinterpret_cast<const sockaddr*>(&name), length);
  if (sent < 0) return systemFailure("sendto", errno);
  return {};
}

}  // namespace perifocal
