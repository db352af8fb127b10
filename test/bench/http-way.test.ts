/** The application that asks without an SDK: it has to read whatever a server answers, or its row is worth nothing. */
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import type { Request } from '../../bench/dataset.ts';
import { httpWay } from '../../bench/http-way.ts';

const request: Request = { operation: 'GetItem', input: { TableName: 'Bench', Key: { pk: { S: 'ä' } } } };

async function wayTo(answer: RequestListener, callers = 1): Promise<(asked: Request) => Promise<unknown>> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const asked = { way: 'http', url, operation: 'GetItem', partitions: 1, requests: 1 } as const;
  return httpWay(asked)(callers).ask;
}

test('an answer is read as JSON, in however many pieces it comes, and asked for with what was meant', async () => {
  const received: unknown[] = [];
  const listen = async (asked: IncomingMessage) => {
    received.push([asked.method, asked.headers['x-amz-target'], JSON.parse(await text(asked))]);
  };
  const body = Buffer.from('{"Item":{"pk":{"S":"ä"}}}');
  const ask = await wayTo((asked, response) => {
    void listen(asked).then(() => {
      // In the middle of a character of two bytes.
      response.write(body.subarray(0, body.indexOf('ä') + 1));
      setImmediate(() => response.end(body.subarray(body.indexOf('ä') + 1)));
    });
  });
  expect(await ask(request)).toEqual({ Item: { pk: { S: 'ä' } } });
  expect(await ask(request)).toEqual({ Item: { pk: { S: 'ä' } } });
  const call = ['POST', 'DynamoDB_20120810.GetItem', request.input];
  expect(received).toEqual([call, call]);
});

test('a refusal, an answer that is no JSON and a lost connection are failures', async () => {
  const refused = await wayTo((_, response) => void response.writeHead(400).end('{"__type":"ValidationException"}'));
  await expect(refused(request)).rejects.toThrow('status 400: {"__type":"ValidationException"}');
  const garbled = await wayTo((_, response) => void response.end('<html>'));
  await expect(garbled(request)).rejects.toThrow(SyntaxError);
  const lost = await wayTo((_, response) => void response.destroy());
  await expect(lost(request)).rejects.toThrow('other side closed');
});
