/**
 * Turns a seed into a list of operations: what the sessions ask of the accelerator, what others write past it, what goes
 * wrong and when. The list is all there is to a run, so a shorter list is a smaller run.
 */
import type { GapReason } from '../../src/feed/change-feed.ts';
import type { Item } from '../../src/model/attribute-value.ts';
import type { JsonObject } from '../../src/model/service-call.ts';
import { ORDERS, OWNERS, STATUSES, TAGS, USERS, type ModelIndex, type TableKey } from './model-tables.ts';
import { keyIn, type Filter, type PageSpec, type SortRange } from './page-spec.ts';
import { Random, mixSeeds } from './random.ts';
import type { NearSetting, Scenario } from './scenarios.ts';
import { writeOf } from './workload-writes.ts';

export type Control = 'bypass' | 'refresh' | undefined;

export type Action =
  | {
      readonly kind: 'get';
      readonly of: TableKey;
      readonly control: Control;
      readonly shape: 'whole' | 'some' | 'cost';
    }
  | { readonly kind: 'batch-get'; readonly of: readonly TableKey[] }
  | {
      readonly kind: 'page';
      readonly page: number;
      readonly odd: boolean;
      readonly control: Control;
      readonly cost: boolean;
    }
  /** Page after page, each from the key at which the last one ended. */
  | { readonly kind: 'list'; readonly page: number }
  | { readonly kind: 'write'; readonly operation: string; readonly input: JsonObject; readonly isPast: boolean }
  | { readonly kind: 'flush' }
  | { readonly kind: 'invalidate'; readonly of: TableKey }
  | { readonly kind: 'stall' | 'pause' | 'jump'; readonly ms: number }
  | { readonly kind: 'gap'; readonly tableName: string; readonly reason: GapReason }
  | { readonly kind: 'roll' | 'trim' | 'renew' | 'recreate'; readonly tableName: string }
  | NearTroubleAction;

/** Who of the two ends learns at once that a connection is gone; the other one hears nothing any more. */
export type ToldOf = 'both' | 'near' | 'node' | 'nobody';

/** A node ends what it has begun and says goodbye, or its connections end with it, or they fall silent. */
export type NodeEnd = 'drained' | 'killed' | 'silently';

/** What befalls a near cache, its link or the node; `place` is the cache's, beyond the last one the node's. */
export type NearTroubleAction =
  | { readonly kind: 'cut'; readonly place: number; readonly told: ToldOf }
  /** A process begins anew, with nothing. */
  | { readonly kind: 'restart'; readonly how: NodeEnd; readonly downMs: number }
  /** The cache reads nothing from its link for so long. */
  | { readonly kind: 'slow'; readonly place: number; readonly ms: number }
  /** A process stands still for so long. */
  | { readonly kind: 'freeze'; readonly place: number; readonly ms: number };

export interface Operation {
  readonly id: number;
  /** After the operation before it began. */
  readonly afterMs: number;
  readonly action: Action;
  /** Asked in the moment in which the answer is there. */
  readonly next: Action | undefined;
}

export interface Workload {
  readonly pages: readonly PageSpec[];
  readonly keys: readonly TableKey[];
  readonly operations: readonly Operation[];
}

const PAGES = 24;
const PARTITIONS = ['a', 'b', 'c'];

export function planWorkload(seed: number, scenario: Scenario, count: number): Workload {
  const random = new Random(mixSeeds(seed, 1));
  const sortKeys = random.between(3, 8);
  const keys: TableKey[] = [];
  for (const pk of PARTITIONS) {
    for (let sk = 0; sk < sortKeys; sk++) {
      keys.push({ tableName: ORDERS.name, key: { pk: { S: pk }, sk: { S: `s${sk}` } } });
    }
  }
  for (let id = 0; id < 4; id++) keys.push({ tableName: USERS.name, key: { pk: { S: `u${id}` } } });
  const pages = Array.from({ length: PAGES }, () => pageOf(random, keys));
  const planner = new Planner(random, scenario, keys);
  const operations: Operation[] = [];
  // Bursts and lulls: overlaps want the one, footprints without recent mutations the other.
  let paceMs = 5;
  for (let id = 1; id <= count; id++) {
    if (random.chance(0.02)) paceMs = random.pick([0, 1, 5, 20, 60]);
    const afterMs = random.chance(0.003) ? random.between(500, 3_000) : random.below(paceMs + 1);
    const action = actionOf(random, scenario, planner);
    const next = action.kind === 'write' || random.chance(0.05) ? planner.readAfter(action) : undefined;
    operations.push({ id, afterMs, action, next });
  }
  return { pages, keys, operations };
}

function actionOf(random: Random, { near, nemesis }: Scenario, planner: Planner): Action {
  if (near !== undefined && random.chance(near.trouble)) return planner.nearTrouble(near);
  return random.chance(nemesis) ? planner.trouble() : planner.action();
}

class Planner {
  readonly #random: Random;
  readonly #scenario: Scenario;
  readonly #keys: readonly TableKey[];
  readonly #writeShare: number;
  /** Most keys that a hot phase picks from. */
  readonly #hot: number;

  constructor(random: Random, scenario: Scenario, keys: readonly TableKey[]) {
    this.#random = random;
    this.#scenario = scenario;
    this.#keys = keys;
    this.#writeShare = random.pick([0.05, 0.15, 0.3]);
    this.#hot = random.between(2, keys.length);
  }

  action(): Action {
    const random = this.#random;
    if (random.chance(this.#writeShare)) {
      const { operation, input } = writeOf(random, () => this.#key());
      return { kind: 'write', operation, input, isPast: this.#scenario.hasWritersPast && random.chance(0.4) };
    }
    return this.#read();
  }

  /** After a write a read of what it wrote, mostly. */
  readAfter(action: Action): Action {
    const { input } = action as { readonly input?: JsonObject };
    if (input?.['TableName'] === undefined || this.#random.chance(0.4)) return this.#read();
    const tableName = input['TableName'] as string;
    const image = (input['Key'] ?? input['Item']) as Item;
    const key = tableName === ORDERS.name ? { pk: image['pk'], sk: image['sk'] } : { pk: image['pk'] };
    return { kind: 'get', of: { tableName, key: key as Item }, control: undefined, shape: 'whole' };
  }

  trouble(): Action {
    const random = this.#random;
    const tableName = random.chance(0.8) ? ORDERS.name : USERS.name;
    const { feed } = this.#scenario;
    const kinds: Action['kind'][] = ['flush', 'invalidate', 'pause', 'jump'];
    if (feed === 'delayed') kinds.push('stall', 'gap', 'recreate');
    if (feed === 'direct') kinds.push('gap', 'recreate');
    if (feed === 'streams') kinds.push('roll', 'roll', 'trim', 'renew', 'recreate');
    const kind = random.pick(kinds);
    switch (kind) {
      case 'invalidate':
        return { kind, of: this.#key() };
      case 'pause':
        return { kind, ms: random.pick([20, 400, 3_000, 9_000]) };
      case 'jump':
        return { kind, ms: random.pick([-3_600_000, 3_600_000]) };
      case 'stall':
        return { kind, ms: random.between(100, 8_000) };
      case 'gap':
        return { kind, tableName, reason: random.pick(['trimmed', 'new-stream', 'overflow', 'restart'] as const) };
      case 'roll':
      case 'trim':
      case 'renew':
      case 'recreate':
        return { kind, tableName };
      default:
        return { kind: 'flush' };
    }
  }

  nearTrouble({ caches, troubles }: NearSetting): NearTroubleAction {
    const random = this.#random;
    const kind = random.weighted(troubles);
    const place = random.below(caches);
    switch (kind) {
      case 'cut':
        return { kind, place, told: random.pick(['both', 'near', 'node', 'nobody'] as const) };
      case 'restart':
        return {
          kind,
          how: random.pick(['drained', 'killed', 'silently'] as const),
          downMs: random.pick([0, 20, 300, 2_000]),
        };
      case 'slow':
        return { kind, place, ms: random.between(20, 1_000) };
      case 'freeze':
        return { kind, place: random.below(caches + 1), ms: random.pick([20, 200, 700, 3_000]) };
    }
  }

  #read(): Action {
    const random = this.#random;
    const control: Control = random.chance(0.03) ? random.pick(['bypass', 'refresh'] as const) : undefined;
    const page = random.below(PAGES);
    switch (random.weighted({ get: 5, batch: 1, page: 5, list: 0.5 })) {
      case 'get':
        return { kind: 'get', of: this.#key(), control, shape: random.weighted({ whole: 8, some: 1, cost: 1 }) };
      case 'batch': {
        const wanted = new Set(Array.from({ length: random.between(1, 4) }, () => this.#key()));
        return { kind: 'batch-get', of: [...wanted] };
      }
      case 'page':
        return { kind: 'page', page, odd: random.chance(0.3), control, cost: random.chance(0.05) };
      case 'list':
        return { kind: 'list', page };
    }
  }

  #key(): TableKey {
    const random = this.#random;
    const place = random.chance(0.5) ? random.below(this.#hot) : random.below(this.#keys.length);
    return this.#keys[place] as TableKey;
  }
}

function pageOf(random: Random, keys: readonly TableKey[]): PageSpec {
  if (random.chance(0.05)) {
    const index = USERS.indexes.get('') as ModelIndex;
    return {
      operation: 'Scan',
      table: USERS,
      index,
      partition: undefined,
      range: undefined,
      forward: true,
      limit: random.chance(0.5) ? 2 : undefined,
      start: undefined,
      filter: undefined,
      shown: 'all',
    };
  }
  const index = random.pick([...ORDERS.indexes.values()]);
  const operation = random.chance(0.12) ? 'Scan' : 'Query';
  const partition = operation === 'Scan' ? undefined : partitionOf(random, index);
  const isWhole = partition === undefined || index.sort === undefined || random.chance(0.5);
  return {
    operation,
    table: ORDERS,
    index,
    partition,
    range: isWhole ? undefined : rangeOf(random, index.sort.type),
    forward: operation === 'Scan' || random.chance(0.7),
    limit: random.chance(0.5) ? random.between(1, 5) : undefined,
    // A start key outside of what is asked for is refused.
    start: isWhole && random.chance(0.3) ? startOf(random, index, partition, keys) : undefined,
    filter: random.chance(0.35) ? filterOf(random) : undefined,
    shown: random.pick(['all', 'all', 'all', 'all', ['pk', 'tag'], 'count'] as const),
  };
}

function partitionOf(random: Random, { partition }: ModelIndex): string {
  if (partition === 'pk') return random.pick(PARTITIONS);
  return partition === 'status' ? random.pick(STATUSES) : random.pick(OWNERS);
}

function rangeOf(random: Random, type: 'S' | 'N'): SortRange {
  const value = (place: number) => (type === 'N' ? place - 2 : `s${place}`);
  const place = random.below(7);
  const operator = random.pick(['=', '<', '<=', '>', '>=', 'BETWEEN', 'begins_with'] as const);
  if (operator === 'BETWEEN') return { operator, low: value(place), high: value(place + random.below(4)) };
  if (operator === 'begins_with') return type === 'S' ? { operator, low: 's' } : { operator: '>', low: value(place) };
  return { operator, low: value(place) };
}

/** A place to start behind, whether something stands there or not. */
function startOf(random: Random, index: ModelIndex, partition: string | undefined, keys: readonly TableKey[]): Item {
  const { key } = random.pick(keys.filter(({ tableName }) => tableName === ORDERS.name));
  const image: Item = {
    ...key,
    status: { S: random.pick(STATUSES) },
    owner: { S: random.pick(OWNERS) },
    at: { N: String(random.below(6)) },
  };
  if (partition !== undefined) image[index.partition] = { S: partition };
  return keyIn(ORDERS, index, image);
}

function filterOf(random: Random): Filter {
  const operator = random.pick(['=', '<>', 'exists'] as const);
  return { operator, name: 'tag', value: random.pick(TAGS) };
}
