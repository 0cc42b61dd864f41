import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { findByPeer, findByToken, readToken } from './auth.js';
import type { AccessRule, Caller, Peer } from './auth.js';

/** Who has sent a request; null for nobody known. */
export type Identify = (request: IncomingMessage) => Caller | null;

/** By the peer of a Unix socket, which the kernel has noted at its connection; asked once for each connection. */
export function identifyByPeer(rules: readonly AccessRule[], peerCredentials: (descriptor: number) => Peer): Identify {
  const known = new WeakMap<Socket, { readonly caller: Caller | null }>();
  return ({ socket }) => {
    const before = known.get(socket);
    if (before) return before.caller;
    const descriptor = descriptorOf(socket);
    const caller = descriptor === null ? null : findByPeer(rules, peerCredentials(descriptor));
    known.set(socket, { caller });
    return caller;
  };
}

/** By the token of the Authorization header. */
export function identifyByToken(rules: readonly AccessRule[]): Identify {
  return ({ headers, method }) => {
    const token = readToken(headers.authorization, method === 'GET' || method === 'HEAD');
    return token === undefined ? null : findByToken(rules, token);
  };
}

/** Node keeps the descriptor in a field of its own; null once the connection is closed. */
export function descriptorOf(socket: Socket): number | null {
  const { _handle: handle } = socket as Socket & { readonly _handle?: { readonly fd?: number } | null };
  const descriptor = handle?.fd;
  return descriptor === undefined || descriptor < 0 ? null : descriptor;
}
