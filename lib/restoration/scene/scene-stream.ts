import type { AnyFrame } from '../../image/frame.js';

/** Some rows of a scene, what is missing of them filled. */
export interface SceneBand {
  /** Its first row in the scene. */
  readonly top: number;
  readonly frame: AnyFrame;
  /** One byte per pixel, 0 where it is missing; null: none is. */
  readonly valid: Uint8Array | null;
}

/** Reads the rows of a scene from top to bottom. */
export interface SceneRows {
  /** Rows of the scene. */
  readonly height: number;
  /**
   * The rows from one of them on, as many as are read at a time. The last ones of the scene are at least 4, or all from
   * there on. Nothing may refer to those of the call before any more. Rejects as `ImageSource.readRows`.
   */
  read(row: number): Promise<SceneBand>;
}

/** Restores the rows of a scene one after the other, each once. */
export interface SceneStream extends AsyncDisposable {
  /**
   * Restores the rows from `top` on, which are those below the ones before, or any others in the first call. Once it
   * has failed it begins anew.
   * @param frame these rows as they were read; missing pixels have any value afterwards
   */
  restore(top: number, frame: AnyFrame): Promise<AnyFrame['data']>;
}
