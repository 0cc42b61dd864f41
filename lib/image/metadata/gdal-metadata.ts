import type { TiffField } from './image-metadata.js';

/** A tag, a comment, a section of characters or text: XML as GDAL writes it has nothing else. */
const TOKEN = /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<(?:[^<>"']|"[^"]*"|'[^']*')*>|[^<]+/g;
const STATISTICS = /\sname\s*=\s*["']STATISTICS_/;

/**
 * GDAL's own XML (tag 42112) without the items that tell statistics of the samples, which are others now. No field
 * where nothing is left; as it was where it is not the XML that GDAL writes.
 */
export function withoutStatistics(field: TiffField): TiffField[] {
  // One byte a character: whatever the encoding, the rest comes back as it was.
  const text = field.data.toString('latin1').replace(/\0+$/, '');
  const kept = removeItems(text);
  if (kept === null || kept === text) return [field];
  if (!kept.includes('<Item')) return [];
  const data = Buffer.from(`${kept}\0`, 'latin1');
  return [{ ...field, count: data.length, data }];
}

/** The text without items of statistics; null where it is no list of items. */
function removeItems(text: string): string | null {
  const tokens: readonly string[] = text.match(TOKEN) ?? [];
  if (tokens.join('').length !== text.length) return null;
  const kept: string[] = [];
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index]!;
    if (!isStatistics(token)) {
      kept.push(token);
      continue;
    }
    if (!token.endsWith('/>')) {
      index = tokens.indexOf('</Item>', index);
      if (index < 0) return null;
    }
    // The line break and the spaces before the item go with it.
    if (kept.at(-1)?.trim() === '') kept.pop();
  }
  return kept.join('');
}

/** Whether a tag opens an item of statistics of GDAL's default domain. */
const isStatistics = (tag: string): boolean =>
  /^<Item\s/.test(tag) && STATISTICS.test(tag) && !/\sdomain\s*=/.test(tag);
