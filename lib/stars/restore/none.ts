import { untouched } from './method.js';
import type { StarRestoration } from './method.js';

/** Stars are measured only. */
export const measureOnly: StarRestoration = {
  method: 'none',
  buffers: () => [],
  restore: async ({ frame }) => untouched(frame),
};
