// A WebSocket server that only listens: as much of RFC 6455 as that takes.

import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

/** What is appended to a client's key before it is hashed. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Listens until the test is over, and calls `take` with the text of each message; answers the URL. */
export async function webSocketServer(context, take) {
  const server = createServer();
  server.on('upgrade', ({ headers }, socket) => {
    const accept = createHash('sha1').update(headers['sec-websocket-key'] + GUID).digest('base64');
    const protocol = headers['sec-websocket-protocol'];
    const reply = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`];
    if (protocol) reply.push(`Sec-WebSocket-Protocol: ${protocol.split(',')[0]}`);
    socket.write(`${reply.join('\r\n')}\r\n\r\n`);
    let bytes = Buffer.alloc(0);
    socket.on('data', (data) => {
      bytes = Buffer.concat([bytes, data]);
      for (let frame; (frame = first(bytes)); bytes = bytes.subarray(frame.length)) take(frame.text);
    });
    // A page that is closed does not say goodbye.
    socket.on('error', () => {});
    context.after(() => socket.destroy());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  return `ws://127.0.0.1:${server.address().port}/`;
}

/** The first frame of these bytes, if it is whole: a client's, which is masked. */
function first(bytes) {
  if (bytes.length < 6) return undefined;
  const short = bytes[1] & 0x7f;
  const [extra, size] = short === 126 ? [2, bytes.readUInt16BE(2)] : short === 127 ? [8, Number(bytes.readBigUInt64BE(2))] : [0, short];
  const start = 2 + extra + 4;
  if (bytes.length < start + size) return undefined;
  const mask = bytes.subarray(start - 4, start);
  const text = Buffer.from(bytes.subarray(start, start + size).map((byte, i) => byte ^ mask[i % 4])).toString();
  return { length: start + size, text };
}
