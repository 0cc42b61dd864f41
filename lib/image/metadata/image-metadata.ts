/** What a picture says about itself, byte for byte as it was found, but for the orientation, which is upright. */
export interface ImageMetadata {
  /** A TIFF structure. */
  readonly exif?: Buffer;
  readonly icc?: Buffer;
}
