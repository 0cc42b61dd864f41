/** Signature, number, name, length (Adobe Photoshop file format, image resource blocks). */
const SIGNATURE = '8BIM';
/** Number of the resource that is an IPTC record. */
const IPTC_NUMBER = 1028;
/** Bytes of a block before its name. */
const HEAD_BYTES = 6;

/** The IPTC record in image resources of Photoshop; null: there is none, or they are no such. */
export function iptcOf(resources: Buffer): Buffer | null {
  for (let at = 0; at + HEAD_BYTES < resources.length; ) {
    if (resources.toString('latin1', at, at + 4) !== SIGNATURE) return null;
    // A name with its length before it has an even number of bytes, and so have the data.
    const lengthAt = at + HEAD_BYTES + even(1 + resources[at + HEAD_BYTES]!);
    if (lengthAt + 4 > resources.length) return null;
    const [start, length] = [lengthAt + 4, resources.readUInt32BE(lengthAt)];
    if (start + length > resources.length) return null;
    if (resources.readUInt16BE(at + 4) === IPTC_NUMBER) return resources.subarray(start, start + length);
    at = start + even(length);
  }
  return null;
}

/** Image resources with an IPTC record, where they have none. */
export function withIptc(resources: Buffer | undefined, iptc: Buffer | undefined): Buffer | undefined {
  if (!iptc || (resources && iptcOf(resources))) return resources;
  const head = Buffer.from(`${SIGNATURE}\x04\x04\0\0\0\0\0\0`, 'latin1');
  head.writeUInt32BE(iptc.length, 8);
  return Buffer.concat([...(resources ? [resources] : []), head, iptc, Buffer.alloc(iptc.length % 2)]);
}

const even = (bytes: number): number => bytes + (bytes % 2);
