import type { DeconvolutionReport } from '../deconvolve/report.js';
import type { NetworkReport } from '../network/network-restoration.js';
import type { FrameReport } from '../restoration/restoration.js';
import type { Choice } from './choice.js';

/** How it went where a frame was left as it is. */
export interface LeftReport extends FrameReport {
  readonly operation: 'restore';
  readonly method: 'none';
}

/** How a restoration went by means that were chosen; `method` tells the kinds apart. */
export type ChosenReport = (NetworkReport | DeconvolutionReport | LeftReport) & {
  /** What was chosen, and why. */
  readonly choice: Choice;
};
