/** A record of DynamoDB Streams as the accelerator takes it: parsed and normalised like any item. */
import type { Item } from '../model/attribute-value.ts';
import { parseItem } from '../model/parse-item.ts';
import type { JsonObject } from '../model/service-call.ts';
import type { StreamViewType } from '../model/table-schema.ts';
import type { FeedRecord } from './change-feed.ts';

/**
 * @throws when the record has not the form of the API; its reader must then act as if records had been missed.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
 */
export function feedRecordOf(tableName: string, viewType: StreamViewType, record: JsonObject): FeedRecord {
  const change = record['dynamodb'] as JsonObject;
  const kind: unknown = record['eventName'];
  if (kind !== 'INSERT' && kind !== 'MODIFY' && kind !== 'REMOVE') {
    throw new TypeError(`a stream record of an unknown kind: ${String(kind)}`);
  }
  return {
    tableName,
    key: parseItem(change['Keys']),
    oldImage: imageOf(change['OldImage']),
    newImage: imageOf(change['NewImage']),
    kind,
    viewType: (change['StreamViewType'] as StreamViewType | undefined) ?? viewType,
  };
}

function imageOf(json: unknown): Item | undefined {
  return json === undefined || json === null ? undefined : parseItem(json);
}
