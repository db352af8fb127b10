/** A store at an address that answers reads of one table as it is told to: well, late, not at all. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Trouble = 'none' | 'slow' | 'throttling' | 'rubbish';

const SLOW_MS = 500;

const DESCRIPTION = {
  Table: {
    TableName: 'Things',
    TableStatus: 'ACTIVE',
    TableArn: 'arn:aws:dynamodb:us-east-1:000000000000:table/Things',
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  },
};
const ITEM = { Item: { id: { S: 'good' }, text: { S: 'x'.repeat(400) } } };
const THROTTLED = {
  __type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
  message: 'The level of configured provisioned throughput for the table was exceeded.',
};

export class TroubledStore {
  trouble: Trouble = 'none';
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      request.resume();
      request.on('end', () => this.#answer(request, response));
    });
  }

  static async listen(): Promise<TroubledStore> {
    const store = new TroubledStore();
    await new Promise<void>((resolve) => store.#server.listen(0, '127.0.0.1', resolve));
    return store;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends all connections, and takes no more. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.headers['x-amz-target'] !== 'DynamoDB_20120810.GetItem') {
      reply(response, 200, DESCRIPTION);
      return;
    }
    switch (this.trouble) {
      case 'none':
        reply(response, 200, ITEM);
        return;
      case 'slow':
        setTimeout(() => reply(response, 200, ITEM), SLOW_MS);
        return;
      case 'throttling':
        reply(response, 400, THROTTLED);
        return;
      case 'rubbish':
        request.socket.end('220 mail.example ESMTP\r\n');
    }
  }
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify(body));
}
