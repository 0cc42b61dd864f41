import type { Disk } from '../io.js';
import type { Work } from '../io/work.js';
import { onDisk } from '../store/durable.js';
import { inspect } from './container/inspect.js';
import type { Inspection } from './container/inspect.js';

interface Copying {
  readonly from: string;
  /** A file that does not exist yet. */
  readonly to: string;
}

/** Copies a file byte for byte, and looks at what has come of it. */
export const copyWhole: Work<Copying, Inspection> = {
  url: import.meta.url,
  name: 'copyWhole',
  run: async (io, { from, to }) => {
    await onDisk(`writing ${to}`, () => copy(io, from, to));
    return inspect(io, to);
  },
};

async function copy(io: Disk, from: string, to: string): Promise<void> {
  const source = await io.open(from);
  try {
    await source.copyTo(to);
  } finally {
    await source.close();
  }
}
