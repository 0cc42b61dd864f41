import { Html, html } from './html.js';
import { SCRIPT, STYLE } from './style.js';

/** Keeps browsers from loading anything, whatever stands in the page. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/** A whole page of its parts. */
export function layOut(title: string, parts: readonly Html[]): Html {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${new Html(POLICY)}">
<title>${title}</title><style>${new Html(STYLE)}</style></head>
<body><h1>${title}</h1>${parts}<script>${new Html(SCRIPT)}</script></body></html>
`;
}
