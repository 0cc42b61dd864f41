import type { FastifyReply } from 'fastify';
import { QuotaError } from '../../errors.js';
import type { Caller } from '../auth.js';

const RETRY_SECONDS = 5;

/** How many requests of each app wait. */
export class Waiting {
  readonly #most: number;
  readonly #counts = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Throws QuotaError where as many wait as may. */
  enter({ app }: Caller): Disposable {
    const count = this.#counts.get(app) ?? 0;
    if (count >= this.#most) {
      throw new QuotaError(`${count} requests of ${app} wait already: end one first`, RETRY_SECONDS);
    }
    this.#counts.set(app, count + 1);
    return { [Symbol.dispose]: () => void this.#counts.set(app, this.#counts.get(app)! - 1) };
  }
}

/** Aborts when nobody waits for the reply any more, be it since before. */
export function abortWhenGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  if (reply.raw.destroyed) gone.abort();
  return gone.signal;
}
