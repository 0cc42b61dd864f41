import { ImageProblem } from '../codec/inspection.js';
import type { TiffField } from '../metadata/image-metadata.js';
import { isExifTag, writeDirectory } from '../metadata/tiff-fields.js';
import { Directory } from './directory.js';
import { TAG } from './tags.js';

const [LONG_TYPE, IFD_TYPE] = [4, 13];
const HEADER = Buffer.from('II*\0\0\0\0\0', 'latin1');
/** Tags that point to directories, by level: of the picture's directory, of its EXIF, of anything within that. */
const POINTERS: readonly (readonly number[])[] = [[TAG.exif, TAG.gps], [TAG.interoperability], []];

/** What a directory holds of EXIF, with its sub-directories, as a structure of its own; null where that is nothing. */
export async function readExif(directory: Directory, room: number): Promise<Buffer | null> {
  const parts: Buffer[] = [Buffer.from(HEADER)];
  const fields = await transplant(directory, { level: 0, parts, room });
  if (fields.length === 0) return null;
  const rootAt = totalLength(parts);
  parts[0]!.writeUInt32LE(rootAt, 4);
  return Buffer.concat([...parts, writeDirectory(fields, rootAt)]);
}

interface Target {
  readonly level: number;
  /** What was written so far. */
  readonly parts: Buffer[];
  /** Most bytes of a directory's fields. */
  readonly room: number;
}

const totalLength = (parts: readonly Buffer[]): number => parts.reduce((sum, { length }) => sum + length, 0);

/** The fields of a directory, those that point to others after these were written. */
async function transplant(directory: Directory, target: Target): Promise<TiffField[]> {
  const fields: TiffField[] = [];
  let { room } = target;
  for (const { tag, type, sizeBytes } of directory.entries) {
    if (POINTERS[target.level]!.includes(tag)) {
      const pointer = await transplantChild(directory, tag, target);
      if (pointer) fields.push(pointer);
      continue;
    }
    if (type >= IFD_TYPE || sizeBytes > room || (target.level === 0 && !isExifTag(tag))) continue;
    const field = await directory.field(tag);
    room -= sizeBytes;
    if (field) fields.push(field);
  }
  return fields;
}

/** Writes the directory that a tag points to. One that is broken says nothing: the picture is not. */
async function transplantChild(parent: Directory, tag: number, target: Target): Promise<TiffField | null> {
  try {
    const child = await Directory.read(parent.file, await parent.value(tag, 0), 'its EXIF');
    const fields = await transplant(child, { ...target, level: target.level + 1 });
    if (fields.length === 0) return null;
    const data = Buffer.alloc(4);
    data.writeUInt32LE(totalLength(target.parts), 0);
    target.parts.push(writeDirectory(fields, totalLength(target.parts)));
    return { tag, type: LONG_TYPE, count: 1, data };
  } catch (error) {
    if (error instanceof ImageProblem) return null;
    throw error;
  }
}
