import { createHash } from 'node:crypto';
import { canonicalJson } from '../capture/canonical.js';

/** JSON in canonical form with its own digest in it: not a bit of the file can change unnoticed. */
export function sealJson(content: Readonly<Record<string, unknown>>): Uint8Array {
  const sha256 = createHash('sha256').update(canonicalJson(content)).digest('hex');
  return Buffer.from(canonicalJson({ ...content, sha256 }));
}

/** What {@link sealJson} has sealed, or null where the bytes are not exactly what it wrote. */
export function openSealedJson(bytes: Uint8Array): Record<string, unknown> | null {
  try {
    const { sha256, ...content } = JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>;
    const again = sealJson(content);
    return Buffer.compare(again, bytes) === 0 && typeof sha256 === 'string' ? content : null;
  } catch {
    return null;
  }
}
