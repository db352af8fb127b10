/** A session of an unmodified DAX client, which has a method for each operation and no `send`. */
import { createRequire } from 'node:module';
import type { DynamoDB, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Session } from './consistency-workload.ts';

/** DAX says of no answer where it came from: each is checked as one of the caches, so the store behind must not lag. */
export const DAX_SOURCE = 'dax';

type DaxClient = DynamoDB & { shutdown(): void };
type Method = (input: object) => Promise<object>;

/** @param endpoint `dax://host:port` */
export function openDaxSession(endpoint: string): Session {
  const { Dax } = createRequire(import.meta.url)('@amazon-dax-sdk/client-dax') as {
    Dax: new (options: object) => DaxClient;
  };
  const client = new Dax({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const send = (command: { readonly input: object }) => {
    const operation = command.constructor.name.replace(/Command$/, '');
    const name = operation.charAt(0).toLowerCase() + operation.slice(1);
    const method = (client as unknown as Record<string, Method>)[name] as Method;
    return method.call(client, command.input);
  };
  return {
    client: { send: send as DynamoDBClient['send'] },
    source: { last: DAX_SOURCE },
    close: () => client.shutdown(),
  };
}
