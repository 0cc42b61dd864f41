/*
 * The library's report has such templates too. They stay two: a few lines of markup are no part of what a library of
 * restoration promises to those who use it, and the service uses only what is promised.
 */

/** Markup: text in which everything that is not markup has been escaped. */
export class Html {
  constructor(readonly text: string) {}
}

/** What may stand in a template. */
export type Part = Html | string | number | readonly Html[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function toText(part: Part): string {
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(({ text }) => text).join('');
  return String(part).replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** A template of markup; strings and numbers put into it are escaped. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.reduce((text, string, index) => text + toText(parts[index - 1]!) + string));
}

export const nothing = new Html('');

/** A table with its caption; the first cell of each row is its heading. It scrolls by itself where it is wide. */
export function table(caption: string, head: readonly string[], rows: readonly (readonly Part[])[]): Html {
  const body = rows.map(
    ([first, ...cells]) => html`<tr><th scope="row">${first!}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`,
  );
  const header = html`<thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
<table><caption>${caption}</caption>${header}<tbody>${body}</tbody></table></div>`;
}
