import { expected, requireInteger } from '../runtime/validate.js';
import { callLinux } from './call.js';

/** Most that a file descriptor can be. */
const MAX_DESCRIPTOR = 2 ** 31 - 1;

/** Who connected to a Unix socket, as the kernel noted it when it happened. */
export interface PeerCredentials {
  /** The process; it may have ended since, and its number may be another one's. */
  readonly pid: number;
  /** Its effective user and group. */
  readonly uid: number;
  readonly gid: number;
}

/**
 * Who is at the other end of a connected Unix stream socket (SO_PEERCRED).
 * @param descriptor of the connection, such as `socket._handle.fd` of Node's `net.Socket`
 * @throws ArgumentError; SystemError with `errno` ENOTSUP (no Unix socket), ENOTCONN, ENOTSOCK or EBADF; NativeError
 */
export function peerCredentials(descriptor: number): PeerCredentials {
  requireInteger('descriptor', descriptor, 0, MAX_DESCRIPTOR);
  const advice = {
    ENOTSUP: 'only a Unix socket knows its peer: identify clients of TCP by a token',
    ENOTCONN: 'the socket is not connected',
    ENOTSOCK: 'give the descriptor of a socket',
    EBADF: 'the descriptor is not open: ask while the connection is',
  };
  const what = `read the peer of descriptor ${descriptor}`;
  return callLinux(what, advice, (binding) => binding.peerCredentials(descriptor));
}

/** What systemd is told; see sd_notify(3). */
export interface SystemdState {
  /** All that the service needs has started. */
  readonly ready?: boolean;
  /** Everything is well: resets the watchdog. */
  readonly watchdog?: boolean;
  readonly stopping?: boolean;
  /** A line for people, shown by `systemctl status`. */
  readonly status?: string;
  /** The process that this is about, where it is not the one that systemd has started. */
  readonly mainPid?: number;
}

function linesOf({ ready, watchdog, stopping, status, mainPid }: SystemdState): string[] {
  return [
    ...(ready ? ['READY=1'] : []),
    ...(watchdog ? ['WATCHDOG=1'] : []),
    ...(stopping ? ['STOPPING=1'] : []),
    // A line break would begin another assignment.
    ...(status === undefined ? [] : [`STATUS=${status.replace(/[\r\n]+/g, ' ')}`]),
    ...(mainPid === undefined ? [] : [`MAINPID=${mainPid}`]),
  ];
}

/**
 * Tells systemd how the service is, by a datagram to `$NOTIFY_SOCKET` (a path, or an abstract name after '@').
 * @returns false where the variable is not set: nobody wants to know
 * @throws ArgumentError; SystemError, such as with `errno` ECONNREFUSED or EAGAIN; NativeError
 */
export function notifySystemd(
  state: SystemdState,
  socket: string | undefined = process.env.NOTIFY_SOCKET || undefined,
): boolean {
  if (socket === undefined) return false;
  if (!/^[/@]./.test(socket)) throw expected("a path or '@' and a name", 'NOTIFY_SOCKET', socket);
  const lines = linesOf(state);
  if (lines.length === 0) throw expected('something to tell', 'state', state);
  const advice = {
    ECONNREFUSED: 'nobody listens there: is NOTIFY_SOCKET left over from another process?',
    ENOENT: 'there is no such socket: is NOTIFY_SOCKET left over from another process?',
    EACCES: 'this user may not write there: set NotifyAccess= in the unit file',
    EAGAIN: 'systemd is not reading: try again later',
    ENAMETOOLONG: 'a socket may have a name of 107 bytes',
  };
  callLinux(`notify ${socket}`, advice, (binding) => binding.sendDatagram(socket, lines.join('\n')));
  return true;
}
