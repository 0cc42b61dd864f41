import type { Depth } from '../frame.js';
import type { IntegerType } from '../integers.js';

/** Types of samples that are written. */
export type FitsType = 'uint8' | 'uint16' | 'float32' | IntegerType;

/** How a type is stored. */
export interface FitsStorage {
  readonly bitpix: 8 | 16 | 32 | -32;
  /** BZERO: what is added to a stored number (FITS 4.0, table 11). */
  readonly zero: number;
  /** Of the array, for people. */
  readonly name: string;
}

export const FITS_STORAGES: Readonly<Record<FitsType, FitsStorage>> = {
  uint8: { bitpix: 8, zero: 0, name: 'integers of 8 bits' },
  int8: { bitpix: 8, zero: -128, name: 'signed integers of 8 bits' },
  uint16: { bitpix: 16, zero: 32_768, name: 'integers of 16 bits' },
  int16: { bitpix: 16, zero: 0, name: 'signed integers of 16 bits' },
  int32: { bitpix: 32, zero: 0, name: 'signed integers of 32 bits' },
  uint32: { bitpix: 32, zero: 2 ** 31, name: 'integers of 32 bits' },
  float32: { bitpix: -32, zero: 0, name: 'floats' },
};

/** The type of a frame's samples, by their depth. */
export const FITS_TYPE_OF_DEPTH: Readonly<Record<Depth | 32, FitsType>> = { 8: 'uint8', 16: 'uint16', 32: 'float32' };
