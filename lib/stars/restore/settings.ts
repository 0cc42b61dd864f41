import type { BlurSettings } from '../measure/blur-settings.js';
import type { SearchSettings } from '../measure/search.js';
import type { StarRestoration } from './method.js';
import type { CentroidMethod } from './recentre.js';

/** Options of a star frame, checked. */
export interface StarSettings {
  readonly blur: BlurSettings;
  readonly search: SearchSettings;
  readonly restoration: StarRestoration;
  readonly centroid: CentroidMethod;
  /** Null: unknown. */
  readonly electronsPerCount: number | null;
  /** Samples from this part of full scale on are left out of fits. */
  readonly saturation: number;
}
