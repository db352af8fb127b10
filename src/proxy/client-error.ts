/**
 * Bytes that are no HTTP request: their sender is told why and the connection ends, for nobody can say where the next
 * request would begin.
 */
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import type { Connections } from './connections.ts';

const STATUS_LINES: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex, connections: Connections): void {
  // An earlier request of this connection still waits for its answer: written now, ours would be taken for that one.
  if (!socket.writable || error.code === 'ECONNRESET' || connections.isBusy(socket as Socket)) {
    socket.destroy();
    return;
  }
  const statusLine = STATUS_LINES[error.code ?? ''] ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${statusLine}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`, () => socket.destroy());
}
