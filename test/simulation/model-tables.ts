/**
 * The two tables of the model: `Orders` with a sort key and indexes of every sort, `Users` with nothing but a key.
 *
 * - `by-status` (status, at): global, all attributes, numbers to sort by, sparse in both keys;
 * - `by-owner` (owner): global, some attributes and no sort key, so that all entries of a partition tie;
 * - `by-at` (pk, at): local.
 */
import type { Item } from '../../src/model/attribute-value.ts';
import { itemSizeBytes } from '../../src/model/item-size.ts';
import type { JsonObject } from '../../src/model/service-call.ts';
import { hashText } from './random.ts';
import type { ItemHistory } from './history.ts';

export interface ModelIndex {
  readonly name: string;
  readonly kind: 'TABLE' | 'GSI' | 'LSI';
  readonly partition: string;
  readonly sort: { readonly name: string; readonly type: 'S' | 'N' } | undefined;
  /** Undefined: all attributes. */
  readonly projected: readonly string[] | undefined;
}

export interface ModelTable {
  readonly name: string;
  readonly keyNames: readonly string[];
  /** The table itself under ''. */
  readonly indexes: ReadonlyMap<string, ModelIndex>;
}

export interface TableKey {
  readonly tableName: string;
  readonly key: Item;
}

/** What the attributes by which indexes are keyed, and filters choose, may hold. */
export const STATUSES = ['open', 'done', 'lost'] as const;
export const OWNERS = ['ann', 'bob'] as const;
export const TAGS = ['red', 'blue'] as const;

export const ORDERS: ModelTable = {
  name: 'Orders',
  keyNames: ['pk', 'sk'],
  indexes: indexMap([
    { name: '', kind: 'TABLE', partition: 'pk', sort: { name: 'sk', type: 'S' }, projected: undefined },
    { name: 'by-status', kind: 'GSI', partition: 'status', sort: { name: 'at', type: 'N' }, projected: undefined },
    { name: 'by-owner', kind: 'GSI', partition: 'owner', sort: undefined, projected: ['v', 'tag'] },
    { name: 'by-at', kind: 'LSI', partition: 'pk', sort: { name: 'at', type: 'N' }, projected: undefined },
  ]),
};

export const USERS: ModelTable = {
  name: 'Users',
  keyNames: ['pk'],
  indexes: indexMap([{ name: '', kind: 'TABLE', partition: 'pk', sort: undefined, projected: undefined }]),
};

export const MODEL_TABLES: ReadonlyMap<string, ModelTable> = new Map(
  [ORDERS, USERS].map((table) => [table.name, table]),
);

function indexMap(indexes: readonly ModelIndex[]): ReadonlyMap<string, ModelIndex> {
  return new Map(indexes.map((index) => [index.name, index]));
}

/** What an index holds of an item; the whole item where it does not stand in the way of anything. */
export function visibleIn(table: ModelTable, index: ModelIndex, image: Item): Item {
  if (index.projected === undefined) return image;
  const known = visibleImages.get(image);
  if (known?.index === index) return known.visible;
  const visible: Item = {};
  for (const name of [
    ...table.keyNames,
    index.partition,
    ...(index.sort ? [index.sort.name] : []),
    ...index.projected,
  ]) {
    const value = image[name];
    if (value !== undefined) visible[name] = value;
  }
  visibleImages.set(image, { index, visible });
  return visible;
}

/** Images never change, and are asked for at each evaluation of each page. */
const visibleImages = new WeakMap<Item, { readonly index: ModelIndex; readonly visible: Item }>();
const sizes = new WeakMap<Item, number>();

export function sizeOf(image: Item): number {
  let size = sizes.get(image);
  if (size === undefined) sizes.set(image, (size = itemSizeBytes(image)));
  return size;
}

const scrambled = new Map<string, number>();

/** Orders what the documents leave open (equal index keys, the partitions of a scan) by something that means nothing. */
export function scramble(text: string): number {
  let rank = scrambled.get(text);
  if (rank === undefined) scrambled.set(text, (rank = hashText(text)));
  return rank;
}

const tieRanks = new WeakMap<ItemHistory, number>();

export function tieRank(history: ItemHistory): number {
  let rank = tieRanks.get(history);
  if (rank === undefined) tieRanks.set(history, (rank = hashText(history.name)));
  return rank;
}

export interface DescriptionState {
  readonly id: string;
  readonly streamArn: string | undefined;
  /** Names of indexes that are being built. */
  readonly backfilling: ReadonlySet<string>;
}

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html */
export function describeTable(table: ModelTable, state: DescriptionState): JsonObject {
  const attributes = new Map<string, 'S' | 'N'>();
  const indexes: Record<'GSI' | 'LSI', JsonObject[]> = { GSI: [], LSI: [] };
  for (const index of table.indexes.values()) {
    attributes.set(index.partition, 'S');
    if (index.sort !== undefined) attributes.set(index.sort.name, index.sort.type);
    if (index.kind === 'TABLE') continue;
    const isBackfilling = state.backfilling.has(index.name);
    indexes[index.kind].push({
      IndexName: index.name,
      KeySchema: keySchemaOf(index),
      Projection:
        index.projected === undefined
          ? { ProjectionType: 'ALL' }
          : { ProjectionType: 'INCLUDE', NonKeyAttributes: index.projected },
      ...(index.kind === 'GSI' && { IndexStatus: isBackfilling ? 'CREATING' : 'ACTIVE', Backfilling: isBackfilling }),
    });
  }
  return {
    TableName: table.name,
    TableId: state.id,
    TableStatus: 'ACTIVE',
    AttributeDefinitions: [...attributes].map(([name, type]) => ({ AttributeName: name, AttributeType: type })),
    KeySchema: keySchemaOf(table.indexes.get('') as ModelIndex),
    GlobalSecondaryIndexes: indexes.GSI,
    LocalSecondaryIndexes: indexes.LSI,
    ...(state.streamArn !== undefined && {
      LatestStreamArn: state.streamArn,
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    }),
  };
}

function keySchemaOf({ partition, sort }: ModelIndex): JsonObject[] {
  const hash = { AttributeName: partition, KeyType: 'HASH' };
  return sort === undefined ? [hash] : [hash, { AttributeName: sort.name, KeyType: 'RANGE' }];
}
