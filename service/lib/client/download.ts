import { createHash } from 'node:crypto';
import { open, rename, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { StoredFile } from '../capture/capture.js';
import { CaptureClientError } from './errors.js';
import type { Transport } from './transport.js';

/**
 * Downloads a file to a path. It comes under its name only when it is whole, has the digest that the service says, and
 * is durable. A connection that breaks is made anew, and the rest is asked for.
 */
export async function downloadFile(
  transport: Transport,
  url: string,
  file: StoredFile,
  path: string,
  signal?: AbortSignal,
): Promise<void> {
  const part = `${path}.part`;
  const handle = await open(part, 'w');
  try {
    const hash = createHash('sha256');
    let position = 0;
    await transport.retry(async (progress) => {
      for await (const chunk of readFrom(transport, url, file, position, signal)) {
        await handle.write(chunk, 0, chunk.length, position);
        hash.update(chunk);
        position += chunk.length;
        progress();
      }
    }, signal);
    requireDigest(hash.digest('hex'), position, file, url);
    await handle.sync();
    await handle.close();
    await rename(part, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await abandon(handle, part);
    throw error;
  }
}

/** The service may let its copy go once the download is acknowledged: the name must outlive a power cut. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The bytes from a position on. */
async function* readFrom(
  transport: Transport,
  url: string,
  { bytes, sha256 }: StoredFile,
  position: number,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  if (position === bytes) return;
  const headers = { range: `bytes=${position}-`, 'if-range': `"${sha256}"` };
  const response = await transport.open({ method: 'GET', path: url, headers, signal });
  if (response.statusCode !== 206) {
    response.destroy();
    throw new CaptureClientError('DAMAGED', `${url} is another file by now: ask for its capture again`);
  }
  let got = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      got += chunk.length;
      yield chunk;
    }
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw new CaptureClientError('UNREACHABLE', `${url} broke off: ${(error as Error).message}`);
  }
  if (position + got < bytes) throw new CaptureClientError('UNREACHABLE', `${url} ended early`);
}

function requireDigest(digest: string, bytes: number, file: StoredFile, url: string): void {
  if (digest === file.sha256 && bytes === file.bytes) return;
  const what = `${bytes} bytes with the digest ${digest}, not ${file.bytes} with ${file.sha256}`;
  throw new CaptureClientError('DAMAGED', `${url} came as ${what}: download it again`);
}

async function abandon(handle: FileHandle, part: string): Promise<void> {
  await handle.close().catch(() => undefined);
  await unlink(part).catch(() => undefined);
}
