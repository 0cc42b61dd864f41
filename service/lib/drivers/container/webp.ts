import type { ContainerFacts, FileParts } from './bytes.js';

/** The file is as long as its first chunk says. */
export async function checkWebp(parts: FileParts): Promise<ContainerFacts> {
  const header = await parts.at(0, 12);
  parts.require(8 + header.readUInt32LE(4));
  return { mime: 'image/webp', width: null, height: null };
}
