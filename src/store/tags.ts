/**
 * TagResource, UntagResource, ListTagsOfResource: up to fifty names and values kept with a table.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TagResource.html
 */
import { ServiceReply, type JsonObject } from '../model/service-call.ts';
import { ServiceError, validationError } from '../model/service-error.ts';
import { tableNameOf } from '../model/table-schema.ts';
import { checkRequest } from './request-rules.ts';
import type { StoreParts } from './store-parts.ts';
import { listTagsRules, tagRules, untagRules } from './table-rules.ts';
import type { Table, Tag } from './table.ts';

const TAGS_MAX = 50;
const TABLE_ARN = /^arn:aws:dynamodb:.+:\d+:table\/[^/]{3,}$/;

export async function tagResource(parts: StoreParts, input: JsonObject): Promise<ServiceReply> {
  checkRequest(input, tagRules);
  const arn = arnOf(input);
  const tags = input['Tags'] as Tag[];
  if (tags.length === 0) throw validationError('Atleast one Tag needs to be provided as Input.');
  const table = taggedTable(parts, arn, `: ResourcArn: ${arn} not found`);
  table.tags = mergedTags(table.tags, tags);
  parts.catalog.save(table);
  await parts.writer.committed();
  return ServiceReply.fromOutput({});
}

export async function untagResource(parts: StoreParts, input: JsonObject): Promise<ServiceReply> {
  checkRequest(input, untagRules);
  const arn = arnOf(input);
  const keys = new Set(input['TagKeys'] as string[]);
  if (keys.size === 0) throw validationError('Atleast one Tag Key needs to be provided as Input.');
  const table = taggedTable(parts, arn, '');
  table.tags = table.tags.filter(({ Key }) => !keys.has(Key));
  parts.catalog.save(table);
  await parts.writer.committed();
  return ServiceReply.fromOutput({});
}

export function listTagsOfResource(parts: StoreParts, input: JsonObject): ServiceReply {
  checkRequest(input, listTagsRules);
  const arn = arnOf(input);
  return ServiceReply.fromOutput({ Tags: taggedTable(parts, arn, `: ResourcArn: ${arn} not found`).tags });
}

/** @throws {ServiceError} LimitExceededException above fifty. */
export function mergedTags(before: readonly Tag[], added: readonly Tag[]): readonly Tag[] {
  const tags = new Map([...before, ...added].map(({ Key, Value }) => [Key, { Key, Value }]));
  if (tags.size > TAGS_MAX) {
    throw new ServiceError('LimitExceededException', `A table can have at most ${TAGS_MAX} tags`);
  }
  return [...tags.values()];
}

function arnOf(input: JsonObject): string {
  const arn = (input['ResourceArn'] ?? undefined) as string | undefined;
  if (arn === undefined) throw validationError('Invalid TableArn');
  if (!TABLE_ARN.test(arn)) throw validationError(`Invalid TableArn: Invalid ResourceArn provided as input ${arn}`);
  return arn;
}

function taggedTable(parts: StoreParts, arn: string, detail: string): Table {
  const table = parts.catalog.find(tableNameOf(arn));
  if (table !== undefined) return table;
  throw new ServiceError('ResourceNotFoundException', `Requested resource not found${detail}`);
}
