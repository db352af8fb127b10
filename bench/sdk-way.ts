/** Calls through an SDK client, ours or Amazon's, each with a fresh command object, as an application makes them. */
import type { Application, Way } from './application.ts';
import type { Request } from './dataset.ts';

type Sdk = typeof import('@aws-sdk/client-dynamodb');

/** What our client has besides what Amazon's has. */
interface OurClient {
  readonly cache: { flush(): void };
}

const OURS = 'slipstream/client-dynamodb';
const CACHED_WITHIN_MS = 60_000;

export async function sdkWay(application: Application, requests: readonly Request[]): Promise<Way> {
  const {
    way,
    course = 'hit',
    url,
    operation,
    module = way === 'ours' ? OURS : '@aws-sdk/client-dynamodb',
  } = application;
  // Ours exports what Amazon's exports, under the same names.
  const sdk = (await import(module)) as Sdk;
  const client = new sdk.DynamoDBClient({ endpoint: url });
  const Command = commandOf(sdk, operation);
  const ask = ({ input }: Request) => client.send(new Command(input as never));
  if (way !== 'ours' || course === 'write') return { ask };

  // A miss is one only where a hit would have been possible: one read tells that the table's feed is trusted.
  await untilHits(ask, course === 'hit' ? requests : requests.slice(0, 1));
  const flush = () => (client as unknown as OurClient).cache.flush();
  const judge = (answer: unknown) => {
    const outcome = outcomeOf(answer);
    if (outcome !== course) throw new Error(`a ${outcome ?? 'read of no cache'} where a ${course} was meant`);
  };
  return { ask, judge, ...(course === 'miss' ? { prepare: flush } : {}) };
}

/** All take the input of their operation; which one it is, is known only when it runs. */
function commandOf(sdk: Sdk, operation: Application['operation']): Sdk['GetItemCommand'] {
  const commands = { GetItem: sdk.GetItemCommand, Query: sdk.QueryCommand, PutItem: sdk.PutItemCommand };
  return commands[operation] as unknown as Sdk['GetItemCommand'];
}

function outcomeOf(answer: unknown): string | undefined {
  return (answer as { readonly $metadata: { readonly slipstream?: { readonly cache: string } } }).$metadata.slipstream
    ?.cache;
}

async function untilHits(ask: Way['ask'], requests: readonly Request[]): Promise<void> {
  let left = requests;
  for (const until = performance.now() + CACHED_WITHIN_MS; left.length > 0;) {
    if (performance.now() > until) throw new Error(`${left.length} reads are still not answered from the cache`);
    const missed: Request[] = [];
    for (const request of left) if (outcomeOf(await ask(request)) !== 'hit') missed.push(request);
    left = missed;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
