import { checkFrameSize, completeSize } from '../image/frame.js';
import type { NetworkRestoration } from '../network/network-restoration.js';
import type { RowSource } from '../network/row-source.js';
import { restoreStream } from '../network/stream.js';
import type { Strip } from '../network/stream.js';
import type { PlanSize } from '../restoration/frame-restorer.js';
import { ArgumentError } from '../runtime/errors.js';
import type { Scope } from '../runtime/scope.js';
import { requireKnownKeys, requireObject } from '../runtime/validate.js';

/** Restores rows by a network as a sensor delivers them. Throws ArgumentError. */
export async function* streamRows(
  network: NetworkRestoration,
  rows: RowSource,
  frame: PlanSize,
  options: object,
  scope: Scope,
): AsyncGenerator<Strip, void, void> {
  requireKnownKeys('options', options, ['signal']);
  if (network.context.ensemble !== 1)
    throw new ArgumentError('stream() needs ensemble 1: the other passes read the whole frame');
  requireObject('size', frame);
  const size = completeSize(frame);
  checkFrameSize(size, network.depths);
  yield* restoreStream(network, rows, { ...size, masked: frame.masked ?? false }, scope);
}
