/** A place in a frame, in pixels: (0, 0) is the centre of the first pixel, x goes to the right, y downwards. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** A star of known light. */
export interface Star extends Place {
  /** Electrons. */
  readonly flux: number;
}
