/** Whatever is done to a stream, its records are there once, in each item's order, and its shards are a lineage. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openStore, type EmbeddedStore, type StoreOptions } from '../../src/store/embedded-store.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { call, item, tableInput, temporaryDirectory } from './stores.ts';
import { StreamReader } from './stream-reader.ts';

const ON = { StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' } };
const OFF = { StreamSpecification: { StreamEnabled: false } };
const ROLL_MS = 1_000;

type Step =
  | { readonly kind: 'write'; readonly keys: readonly number[] }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'read' | 'toggle' | 'reopen' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('write' as const), keys: fc.array(fc.nat(11), { minLength: 1 }) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 2_500 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('read' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('toggle' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
);

/** What was written while the stream was on, and what its reader has seen of it, by item. */
class Followed {
  readonly written = new Map<string, number[]>();
  readonly seen = new Map<string, number[]>();
  readonly sequences: string[] = [];
  readonly reader: StreamReader;

  constructor(arn: string) {
    const onRecord = ({ dynamodb }: Record<string, unknown>) => {
      const { NewImage, SequenceNumber } = dynamodb as Record<string, unknown>;
      const { p, n } = NewImage as Record<string, Record<string, string>>;
      add(this.seen, p?.['S'] as string, Number(n?.['N']));
      this.sequences.push(SequenceNumber as string);
    };
    this.reader = new StreamReader(arn, onRecord, 3);
  }
}

function add(lists: Map<string, number[]>, key: string, n: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [n]);
  else list.push(n);
}

class Run {
  readonly #options: StoreOptions;
  readonly #clock: VirtualClock;
  readonly followed: Followed[] = [];
  #store!: EmbeddedStore;
  #isOn = true;
  #number = 0;

  constructor(options: StoreOptions, clock: VirtualClock) {
    this.#options = options;
    this.#clock = clock;
  }

  async begin(): Promise<void> {
    this.#store = await openStore(this.#options);
    await call(this.#store, 'CreateTable', tableInput('things', ON));
    await this.#follow();
  }

  async apply(step: Step): Promise<void> {
    if (step.kind === 'write') await Promise.all(step.keys.map((key) => this.#write(`k${key}`)));
    else if (step.kind === 'wait') await this.#clock.advance(step.ms);
    else if (step.kind === 'read') await this.followed.at(-1)?.reader.drain(this.#store);
    else if (step.kind === 'toggle') await this.#toggle();
    else await this.#reopen();
  }

  async end(): Promise<void> {
    for (const { reader } of this.followed) await reader.drain(this.#store);
    await this.#store.close();
  }

  async #write(p: string): Promise<void> {
    const n = ++this.#number;
    if (this.#isOn) add((this.followed.at(-1) as Followed).written, p, n);
    await call(this.#store, 'PutItem', { TableName: 'things', Item: item(p, 0, { n: { N: String(n) } }) });
  }

  async #toggle(): Promise<void> {
    this.#isOn = !this.#isOn;
    await call(this.#store, 'UpdateTable', { TableName: 'things', ...(this.#isOn ? ON : OFF) });
    if (this.#isOn) await this.#follow();
  }

  async #follow(): Promise<void> {
    const { Table } = await call(this.#store, 'DescribeTable', { TableName: 'things' });
    this.followed.push(new Followed(Table.LatestStreamArn as string));
  }

  async #reopen(): Promise<void> {
    await this.#store.close();
    this.#store = await openStore(this.#options);
  }
}

test(
  'every record is read once and in order, through rolls, splits, switches and restarts',
  { timeout: 120_000 },
  async () => {
    let shards = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 40 }),
        fc.record({ streamShards: fc.integer({ min: 1, max: 4 }), more: fc.nat(3) }),
        async (steps, { streamShards, more }) => {
          const clock = new VirtualClock();
          const streamShardsMax = streamShards + more;
          const dataDir = temporaryDirectory();
          const run = new Run({ dataDir, clock, streamShards, streamShardsMax, shardRollMs: ROLL_MS }, clock);
          await run.begin();
          for (const one of steps) await run.apply(one);
          await run.end();
          const allSequences = run.followed.flatMap(({ sequences }) => sequences);
          expect(new Set(allSequences).size).toBe(allSequences.length);
          for (const { written, seen, reader } of run.followed) {
            expect(seen).toEqual(written);
            expect(reader.openCount).toBeLessThanOrEqual(streamShardsMax);
            shards += reader.shardCount;
          }
        },
      ),
      { numRuns: 40 },
    );
    // A run in which nothing rolled would prove nothing.
    expect(shards).toBeGreaterThan(40 * 4);
  },
);
