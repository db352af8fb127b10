/**
 * The conformance table's view of the DAX door: its calls of the data plane go through the unmodified version 3 client, all
 * others (tables, streams, PartiQL) through the HTTP door of the same proxy.
 */
import * as dynamodb from '@aws-sdk/client-dynamodb';
import { createAccelerator } from '../../src/accelerator/accelerator.ts';
import { createProxy } from '../../src/proxy/proxy.ts';
import { openEmbedded, overHttp, type Target } from '../conformance/targets.ts';
import { openDax, shutDown, type DaxClient } from './dax-rig.ts';

type Command = dynamodb.CreateTableCommand & { readonly input: object };
type Method = (input: object) => Promise<object>;

const DATA_PLANE: ReadonlySet<string> = new Set([
  'GetItem',
  'PutItem',
  'DeleteItem',
  'UpdateItem',
  'Query',
  'Scan',
  'BatchGetItem',
  'BatchWriteItem',
  'TransactGetItems',
  'TransactWriteItems',
]);

export async function openDaxTarget(): Promise<Target> {
  const behind = await openEmbedded();
  const { store } = behind;
  const accelerator = createAccelerator({ backing: store, feed: store.feed });
  const proxy = createProxy({
    backing: store,
    accelerator,
    httpPort: 0,
    daxPort: 0,
    adminPort: 'off',
  });
  const { http, dax } = await proxy.listen();
  const clients = new DaxClients(dax as string);
  const target = overHttp(http as string, async () => {
    clients.close();
    await proxy.close();
    await accelerator.close();
    await behind.close();
  });
  const byHttp = target.client;
  const client = {
    send(command: Command): Promise<object> {
      const operation = command.constructor.name.replace(/Command$/, '');
      if (operation === 'CreateTable') clients.use(command.input);
      if (!DATA_PLANE.has(operation)) return byHttp.send(command);
      return clients.call(operation, command.input);
    },
    destroy: () => byHttp.destroy(),
  };
  return { ...target, client: client as unknown as dynamodb.DynamoDBClient, direct: behind.client };
}

/** A client believes a table's key for a minute; so each form that a table has in its time gets a client of its own. */
class DaxClients {
  readonly #endpoint: string;
  readonly #byTables = new Map<string, DaxClient>();
  readonly #keys = new Map<string, string>();

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
  }

  use(table: dynamodb.CreateTableCommandInput): void {
    const { TableName: name, KeySchema: key, AttributeDefinitions: types } = table;
    this.#keys.set(String(name), JSON.stringify([key, types]));
  }

  async call(operation: string, input: object): Promise<object> {
    const method = operation.charAt(0).toLowerCase() + operation.slice(1);
    const client = this.#client() as unknown as Readonly<Record<string, Method>>;
    try {
      return { ...(await (client[method] as Method).call(client, withBuffers(input) as object)), $metadata: {} };
    } catch (error) {
      throw sdkError(error as DaxError);
    }
  }

  close(): void {
    for (const client of this.#byTables.values()) shutDown(client);
  }

  #client(): DaxClient {
    const tables = JSON.stringify([...this.#keys].toSorted(([a], [b]) => (a < b ? -1 : 1)));
    let client = this.#byTables.get(tables);
    if (client === undefined) {
      client = openDax({ endpoint: this.#endpoint, maxRetries: 0 });
      this.#byTables.set(tables, client);
    }
    return client;
  }
}

interface DaxError extends Error {
  readonly code?: string;
  readonly statusCode?: number;
  readonly cancellationReasons?: readonly object[];
}

/** The client's error as the SDK would have thrown it: the client puts the code in front of the message. */
function sdkError(error: DaxError): Error {
  const name = error.code === 'InternalServerErrorException' ? 'InternalServerError' : (error.code ?? error.name);
  const message = error.message.replace(`${error.code}: `, '');
  const classes = dynamodb as unknown as Record<string, new (options: object) => Error>;
  const options = {
    name,
    message,
    $fault: 'client',
    $metadata: {},
    ...(error.cancellationReasons !== undefined && {
      CancellationReasons: error.cancellationReasons.map(withoutNulls),
    }),
  };
  const Exception = classes[name];
  return Exception === undefined ? new dynamodb.DynamoDBServiceException(options as never) : new Exception(options);
}

/** The client says null where the SDK says nothing. */
function withoutNulls(reason: object): object {
  return Object.fromEntries(Object.entries(reason).filter(([, member]) => member !== null));
}

/** The client takes no other bytes. */
function withBuffers(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (Array.isArray(value)) return value.map(withBuffers);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withBuffers(member)]));
}
