import type { ProductFacts } from '../../lib/store/store.js';

/** What is said of a product in tests. */
export const FACTS: ProductFacts = {
  level: 'network',
  levelReason: 'in time',
  model: { name: 'eo', sha256: 'b'.repeat(64) },
  mime: 'image/png',
  width: 4,
  height: 3,
  thumbnail: { width: 4, height: 3 },
  report: { seconds: 1 },
};
