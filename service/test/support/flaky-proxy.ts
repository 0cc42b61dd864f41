import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A port that leads to another one, over connections that break. */
export interface FlakyProxy {
  readonly port: number;
  /** Each connection ends after that many bytes of replies; null: none does. */
  cutAfter: number | null;
  /** How many connections have been cut. */
  readonly cuts: () => number;
  /** Ends all connections. */
  cut(): void;
  close(): Promise<void>;
}

/** Opens such a port. */
export async function openFlakyProxy(target: number): Promise<FlakyProxy> {
  const open = new Set<Socket>();
  let cuts = 0;
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    let sent = 0;
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        open.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream);
    upstream.on('data', (chunk) => {
      const left = Math.max((proxy.cutAfter ?? Infinity) - sent, 0);
      client.write(chunk.subarray(0, left));
      sent += chunk.length;
      if (chunk.length < left) return;
      cuts++;
      upstream.pause();
      client.end(() => client.destroy());
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  const proxy: FlakyProxy = {
    port: (server.address() as AddressInfo).port,
    cutAfter: null,
    cuts: () => cuts,
    cut: () => {
      for (const socket of open) socket.destroy();
    },
    close: async () => {
      proxy.cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}
