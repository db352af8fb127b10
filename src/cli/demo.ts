/**
 * The demo table `Movies`: some three thousand films to ask for at once, in a store that was empty. A file beside the
 * store's says how far it came: a load that was cut off is begun again (it writes the same items), one that was finished is
 * never repeated, so that what the user changes or deletes stays so.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Presets, SingleBar } from 'cli-progress';
import type { BackingStore } from '../backing/backing-store.ts';
import { sleep, systemClock } from '../base/clock.ts';
import type { Item } from '../model/attribute-value.ts';
import { ServiceRequest } from '../model/service-call.ts';
import type { JsonObject, ServiceReply } from '../model/service-call.ts';

export const DEMO_TABLE = 'Movies';

const MARK = 'demo.json';
const BATCH_ITEMS_MAX = 25;
/** Batches under way at once: they share commits. */
const BATCHES_AT_ONCE = 8;
const STATUS_POLL_MS = 50;

/** How far the demo's load came in one data directory. */
export class DemoMark {
  readonly #dataDir: string | undefined;

  /** @param dataDir undefined for a store in memory, which starts empty and keeps no mark. */
  constructor(dataDir: string | undefined) {
    this.#dataDir = dataDir;
  }

  /**
   * To be asked before the store is opened, which fills the directory: true when the demo is to be loaded. Unless the user
   * asked for it or against it, it is when the directory is new, or when an earlier load was cut off.
   */
  begin(asked: boolean | undefined): boolean {
    if (asked === false) return false;
    if (this.#dataDir === undefined) return asked === true;
    const state = this.#read(this.#dataDir);
    const isNew = !existsSync(this.#dataDir) || readdirSync(this.#dataDir).length === 0;
    if (state === 'loaded' || !(asked === true || isNew || state === 'loading')) return false;
    mkdirSync(this.#dataDir, { recursive: true });
    this.#write('loading');
    return true;
  }

  finish(): void {
    this.#write('loaded');
  }

  #read(dataDir: string): unknown {
    const file = join(dataDir, MARK);
    if (!existsSync(file)) return undefined;
    try {
      return (JSON.parse(readFileSync(file, 'utf8')) as { readonly state?: unknown }).state;
    } catch {
      return 'loading';
    }
  }

  /** By another name first: a crash must not leave half a file. */
  #write(state: 'loading' | 'loaded'): void {
    if (this.#dataDir === undefined) return;
    const file = join(this.#dataDir, MARK);
    writeFileSync(`${file}.new`, `${JSON.stringify({ table: DEMO_TABLE, state })}\n`);
    renameSync(`${file}.new`, file);
  }
}

/** Creates the table unless it is there, and writes all films. Harmless to repeat. */
export async function loadDemo(store: BackingStore, films: readonly Item[], out: NodeJS.WriteStream): Promise<void> {
  await createTable(store);
  const batches: Item[][] = [];
  for (let i = 0; i < films.length; i += BATCH_ITEMS_MAX) batches.push(films.slice(i, i + BATCH_ITEMS_MAX));
  const bar = out.isTTY
    ? new SingleBar({ format: 'Loading Movies {bar} {value}/{total} films', stream: out }, Presets.shades_classic)
    : undefined;
  bar?.start(films.length, 0);
  try {
    let next = 0;
    const loadSome = async () => {
      while (next < batches.length) {
        const batch = batches[next++] as Item[];
        await writeBatch(store, batch);
        bar?.increment(batch.length);
      }
    };
    await Promise.all(Array.from({ length: BATCHES_AT_ONCE }, loadSome));
  } finally {
    bar?.stop();
  }
  if (!out.isTTY) out.write(`Loaded the demo table ${DEMO_TABLE}: ${films.length} films\n`);
}

async function createTable(store: BackingStore): Promise<void> {
  const reply = await store.send(
    ServiceRequest.fromInput('CreateTable', {
      TableName: DEMO_TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'year', AttributeType: 'N' },
        { AttributeName: 'title', AttributeType: 'S' },
        { AttributeName: 'genre', AttributeType: 'S' },
        { AttributeName: 'rating', AttributeType: 'N' },
      ],
      KeySchema: [
        { AttributeName: 'year', KeyType: 'HASH' },
        { AttributeName: 'title', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'genre-index',
          // By rating, so that "the best comedies" is one Query, and an item moves in the index when it is rated anew.
          KeySchema: [
            { AttributeName: 'genre', KeyType: 'HASH' },
            { AttributeName: 'rating', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    }),
  );
  if (!reply.ok && reply.errorName !== 'ResourceInUseException') throw refused('CreateTable', reply);
  while ((await tableStatus(store)) !== 'ACTIVE') await sleep(systemClock, STATUS_POLL_MS, undefined, true);
}

/** A store may be told to let its tables stay in CREATING for a while. */
async function tableStatus(store: BackingStore): Promise<unknown> {
  const reply = await store.send(ServiceRequest.fromInput('DescribeTable', { TableName: DEMO_TABLE }));
  if (!reply.ok) throw refused('DescribeTable', reply);
  return (reply.output['Table'] as JsonObject)['TableStatus'];
}

async function writeBatch(store: BackingStore, items: readonly Item[]): Promise<void> {
  let left: JsonObject = { [DEMO_TABLE]: items.map((Item) => ({ PutRequest: { Item } })) };
  while (Object.keys(left).length > 0) {
    const reply = await store.send(ServiceRequest.fromInput('BatchWriteItem', { RequestItems: left }));
    if (!reply.ok) throw refused('BatchWriteItem', reply);
    left = (reply.output['UnprocessedItems'] ?? {}) as JsonObject;
  }
}

function refused(operation: string, reply: ServiceReply): Error {
  return new Error(`the demo table could not be loaded: ${operation} was refused with ${reply.body.toString('utf8')}`);
}
