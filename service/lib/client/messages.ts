/** A message of an event stream (HTML standard, 9.2.6). */
export interface StreamMessage {
  /** The last id that was said, here or before. */
  readonly id: string;
  readonly event: string;
  /** Null where the message only says an id. */
  readonly data: string | null;
}

/** Messages as their bytes arrive, in whatever pieces. */
export async function* readMessages(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<StreamMessage> {
  const decoder = new TextDecoder();
  let text = '';
  let id = '';
  for await (const chunk of chunks) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      const message = parseMessage(block, id);
      id = message.id;
      yield message;
    }
  }
}

function parseMessage(block: string, lastId: string): StreamMessage {
  const message = { id: lastId, event: 'message', data: null as string | null };
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    const value = line.slice(colon + 1).replace(/^ /, '');
    if (line.startsWith('id:')) message.id = value;
    else if (line.startsWith('event:')) message.event = value;
    else if (line.startsWith('data:')) message.data = message.data === null ? value : `${message.data}\n${value}`;
  }
  return message;
}
