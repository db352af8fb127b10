/**
 * Servers that do nothing but answer, as floors to measure ours against: `net` writes the same bytes for every segment that
 * comes, `http` is `node:http` with a fixed answer. The answer is the file's that is named: a whole one of ours.
 */
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';

const [kind, file] = process.argv.slice(2);
if (file === undefined || (kind !== 'net' && kind !== 'http')) throw new Error('usage: floor-server.ts net|http FILE');
const answer = readFileSync(file);

const server = kind === 'net' ? netServer() : httpServer();
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ http: `http://127.0.0.1:${port}` })}\n`);
});
process.once('SIGTERM', () => process.exit(0));

function netServer(): Server {
  return createServer({ noDelay: true }, (socket) => {
    socket.on('data', () => socket.write(answer));
    socket.on('error', () => socket.destroy());
  });
}

function httpServer(): Server {
  const bodyStart = answer.indexOf('\r\n\r\n') + 4;
  const body = answer.subarray(bodyStart);
  const headers = answer
    .toString('latin1', 0, bodyStart - 4)
    .split('\r\n')
    .slice(1)
    .flatMap((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]);
  return createHttpServer({ noDelay: true }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(200, headers);
      response.end(body);
    });
  });
}
