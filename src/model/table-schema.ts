/**
 * What has to be known of a table to cache and to store its items, taken from DescribeTable's answer.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
 */
import { assert } from '../base/errors.ts';
import type { KeyAttribute, KeySchema, KeyType } from './key.ts';
import type { JsonObject } from './service-call.ts';

export type ProjectionType = 'ALL' | 'KEYS_ONLY' | 'INCLUDE';
export type StreamViewType = 'KEYS_ONLY' | 'NEW_IMAGE' | 'OLD_IMAGE' | 'NEW_AND_OLD_IMAGES';

export interface IndexSchema {
  readonly name: string;
  readonly kind: 'LSI' | 'GSI';
  readonly key: KeySchema;
  readonly projection: ProjectionType;
  /** Attributes beside the keys of table and index; only with INCLUDE. */
  readonly projectedNames: readonly string[];
  /** False while it is being created, backfilled or deleted. */
  readonly active: boolean;
}

export interface TableSchema {
  readonly name: string;
  readonly id: string;
  readonly key: KeySchema;
  readonly indexes: ReadonlyMap<string, IndexSchema>;
  /** Present while a stream is enabled. */
  readonly stream: { readonly arn: string; readonly viewType: StreamViewType } | undefined;
  readonly active: boolean;
}

/** `arn:aws:dynamodb:region:account:table/NAME`, perhaps followed by `/index/…` or `/stream/…`. */
const TABLE_ARN = /^arn:[^:]*:dynamodb:[^:]*:[^:]*:table\/([^/]+)/;

/** The name of a table that may be given by its ARN. */
export function tableNameOf(nameOrArn: string): string {
  if (!nameOrArn.startsWith('arn:')) return nameOrArn;
  return TABLE_ARN.exec(nameOrArn)?.[1] ?? nameOrArn;
}

/** @param description the `Table` of DescribeTable's answer or the `TableDescription` of another's. */
export function tableSchemaOf(description: JsonObject): TableSchema {
  const types = new Map<string, KeyType>();
  for (const { AttributeName, AttributeType } of description['AttributeDefinitions'] as AttributeDefinition[]) {
    types.set(AttributeName, AttributeType);
  }
  const indexes = new Map<string, IndexSchema>();
  for (const kind of ['LSI', 'GSI'] as const) {
    const member = kind === 'LSI' ? 'LocalSecondaryIndexes' : 'GlobalSecondaryIndexes';
    for (const index of (description[member] ?? []) as IndexDescription[]) {
      indexes.set(index.IndexName, indexSchemaOf(kind, index, types));
    }
  }
  const name = description['TableName'] as string;
  const status = description['TableStatus'] as string | undefined;
  return {
    name,
    // Stores that give no TableId still tell a table from its successor by the time it was created.
    id: (description['TableId'] as string | undefined) ?? `${name}@${String(description['CreationDateTime'])}`,
    key: keySchemaOf(description['KeySchema'] as KeySchemaElement[], types),
    indexes,
    stream: streamOf(description),
    // A table that is UPDATING (an index is being added, say) is served as before.
    active: status === 'ACTIVE' || status === 'UPDATING',
  };
}

interface AttributeDefinition {
  readonly AttributeName: string;
  readonly AttributeType: KeyType;
}

interface KeySchemaElement {
  readonly AttributeName: string;
  readonly KeyType: 'HASH' | 'RANGE';
}

interface IndexDescription {
  readonly IndexName: string;
  readonly KeySchema: readonly KeySchemaElement[];
  readonly Projection?: { readonly ProjectionType?: ProjectionType; readonly NonKeyAttributes?: readonly string[] };
  readonly IndexStatus?: string;
  readonly Backfilling?: boolean;
}

function indexSchemaOf(kind: 'LSI' | 'GSI', index: IndexDescription, types: ReadonlyMap<string, KeyType>): IndexSchema {
  return {
    name: index.IndexName,
    kind,
    key: keySchemaOf(index.KeySchema, types),
    projection: index.Projection?.ProjectionType ?? 'ALL',
    projectedNames: index.Projection?.NonKeyAttributes ?? [],
    // A local index has no status of its own.
    active:
      index.Backfilling !== true &&
      (index.IndexStatus === undefined || index.IndexStatus === 'ACTIVE' || index.IndexStatus === 'UPDATING'),
  };
}

function keySchemaOf(elements: readonly KeySchemaElement[], types: ReadonlyMap<string, KeyType>): KeySchema {
  const partition: KeyAttribute[] = [];
  const sort: KeyAttribute[] = [];
  for (const { AttributeName: name, KeyType: role } of elements) {
    const type = types.get(name);
    assert(type !== undefined, `key attribute ${name} is not defined`);
    (role === 'HASH' ? partition : sort).push({ name, type });
  }
  return { partition, sort };
}

function streamOf(description: JsonObject): TableSchema['stream'] {
  const specification = description['StreamSpecification'] as
    | { readonly StreamEnabled?: boolean; readonly StreamViewType?: StreamViewType }
    | undefined;
  const arn = description['LatestStreamArn'] as string | undefined;
  if (specification?.StreamEnabled !== true || arn === undefined) return undefined;
  return { arn, viewType: specification.StreamViewType ?? 'KEYS_ONLY' };
}
