import type { Socket } from 'node:net';

/** What is known of a connection. */
interface Known {
  readonly isLocal: boolean;
  /** Why nothing is answered on it; null where it is. */
  readonly crowd: string | null;
}

/** Connections of one user beyond the limit that are told so; more are closed at once. */
const TOLD = 4;

/** The open connections: which are of the Unix socket, and which are one too many, of their user or of all. */
export class Connections {
  readonly #most: number;
  readonly #mostOfUser: number;
  readonly #known = new WeakMap<Socket, Known>();
  readonly #users = new Map<string, number>();
  /** Of those on which is answered. */
  #count = 0;

  constructor(most: number, mostOfUser: number) {
    this.#most = most;
    this.#mostOfUser = mostOfUser;
  }

  /** @param uid of the user at the other end; null: over TCP, which counts as one user */
  add(socket: Socket, isLocal: boolean, uid: number | null): void {
    const user = uid === null ? 'TCP' : `user ${uid}`;
    const own = (this.#users.get(user) ?? 0) + 1;
    this.#users.set(user, own);
    const crowd = this.#crowd(user, own);
    if (crowd === null) this.#count += 1;
    this.#known.set(socket, { isLocal, crowd });
    socket.once('close', () => {
      if (crowd === null) this.#count -= 1;
      const left = this.#users.get(user)! - 1;
      if (left === 0) this.#users.delete(user);
      else this.#users.set(user, left);
    });
    if (own > this.#mostOfUser + TOLD) socket.destroy();
  }

  isLocal(socket: Socket): boolean {
    return this.#known.get(socket)?.isLocal ?? false;
  }

  /** Why nothing is answered on a connection, or null. */
  crowdOf(socket: Socket): string | null {
    return this.#known.get(socket)?.crowd ?? null;
  }

  #crowd(user: string, own: number): string | null {
    if (own > this.#mostOfUser) return `${user} has more than ${this.#mostOfUser} connections open`;
    return this.#count >= this.#most ? `More than ${this.#most} connections are open` : null;
  }
}
