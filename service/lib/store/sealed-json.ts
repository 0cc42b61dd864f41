import { createHash } from 'node:crypto';
import { canonicalJson } from '../capture/canonical.js';

/** JSON in canonical form with its own digest in it: not a bit of the file can change unnoticed. */
export function sealJson(content: Readonly<Record<string, unknown>>): Uint8Array {
  // Each field is written once: all of them are digested, and then they stand with the digest among them.
  const fields = Object.keys(content).map((key) => [key, canonicalJson({ [key]: content[key] }).slice(1, -1)] as const);
  const sha256 = createHash('sha256').update(joined(fields)).digest('hex');
  return Buffer.from(joined([...fields, ['sha256', `"sha256":"${sha256}"`]]));
}

function joined(fields: readonly (readonly [key: string, text: string])[]): string {
  const sorted = [...fields].sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([, text]) => text).join(',')}}`;
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
