import { createHash } from 'node:crypto';
import { showBoard, showCameras, showDisk, showEvents, showHealth, showIntegrity } from './board.js';
import { showProducts, showQueue, showView } from './captures.js';
import type { PageData } from './data.js';
import { Html, html } from './html.js';
import { showLevels } from './levels.js';
import { SCRIPT } from './script.js';
import { STYLE } from './style.js';

/** Seconds after which a browser without script loads the page again. */
const REFRESH_SECONDS = 10;

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Keeps browsers from running, showing or loading anything but what the page itself has. */
export const POLICY = [
  "default-src 'none'",
  "img-src 'self' data:",
  "connect-src 'self'",
  `style-src ${hashOf(STYLE)}`,
  `script-src ${hashOf(SCRIPT)}`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The whole page. */
export function layOutPage(data: PageData): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<noscript><meta http-equiv="refresh" content="${REFRESH_SECONDS}"></noscript>
<title>perifocal capture service</title><link rel="icon" href="data:,"><style>${new Html(STYLE)}</style></head>
<body data-seq="${data.lastSeq}"><a class="skip" href="#main">To the content</a>
<header><h1>perifocal capture service</h1>${showHealth(data)}
<p>version ${data.version}; <span id="connection" role="status">as of the time it was loaded</span></p></header>
<main id="main">${showView(data)}${showProducts(data)}${showQueue(data)}${showLevels(data)}
<div class="pair">${showDisk(data)}${showBoard(data)}${showCameras(data)}${showIntegrity(data)}</div>
${showEvents(data)}</main>
<footer><p><a href="/v1/openapi.json">API</a> <a href="/metrics">metrics</a>
<a href="/v1/health">health</a></p></footer>
<script>${new Html(SCRIPT)}</script></body></html>
`.text;
}
