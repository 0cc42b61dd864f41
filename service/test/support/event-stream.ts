import { request } from 'node:http';
import { TOKENS } from './api.js';
import type { AppName, StartedApi } from './api.js';

/** A message of an event stream, by the fields of the standard. */
export interface Message {
  readonly id?: string;
  readonly event?: string;
  readonly data?: string;
}

/** An open event stream: its messages as they come, read by hand. */
export interface OpenStream {
  readonly messages: Message[];
  readonly text: () => string;
  /** Resolves once there are that many messages that have data; rejects where the stream ends before. */
  reach(count: number): Promise<Message[]>;
  readonly ended: Promise<void>;
  close(): void;
}

/** Opens the stream of an app's events. Rejects where it is refused. */
export function openStream(api: StartedApi, query: string, as: AppName = 'alpha', headers = {}): Promise<OpenStream> {
  return new Promise((resolve, reject) => {
    const sent = request({
      port: api.port,
      path: `/v1/events${query}`,
      agent: false,
      headers: { authorization: `Bearer ${TOKENS[as]}`, accept: 'text/event-stream', ...headers },
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      if (response.statusCode !== 200) reject(new Error(`The stream was refused with ${response.statusCode}`));
      let text = '';
      let wake = (): void => undefined;
      const messages: Message[] = [];
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        messages.splice(0, Infinity, ...parse(text));
        wake();
      });
      let isOver = false;
      const ended = new Promise<void>((end) => response.once('close', end)).then(() => {
        isOver = true;
        wake();
      });
      const withData = (): Message[] => messages.filter(({ data }) => data !== undefined);
      const reach = async (count: number): Promise<Message[]> => {
        while (withData().length < count) {
          if (isOver) throw new Error(`The stream has ended after ${withData().length} of ${count} events: ${text}`);
          await new Promise<void>((next) => (wake = next));
        }
        return withData();
      };
      resolve({ messages, text: () => text, reach, ended, close: () => sent.destroy() });
    });
    sent.end();
  });
}

function parse(text: string): Message[] {
  const blocks = text.split('\n\n').slice(0, -1);
  return blocks.map((block) =>
    Object.fromEntries(
      block
        .split('\n')
        .filter((line) => !line.startsWith(':'))
        .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()]),
    ),
  );
}
