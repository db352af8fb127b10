/**
 * A change record as GetRecords shows it, made into JSON once, when it is written; and the row that keeps it: the time of
 * the change, by which it is trimmed, and the JSON.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
 */
import type { JsonObject } from '../model/service-call.ts';
import { sequenceText } from './sequence-numbers.ts';
import type { Stream } from './stream.ts';

/** What there is to say of one change; images are JSON. */
export interface Change {
  readonly kind: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly keysJson: string;
  readonly oldJson: string | undefined;
  readonly newJson: string | undefined;
  readonly sizeBytes: number;
  /** Who did it, where it was not a caller: the service, for an item that expired. */
  readonly userIdentity?: JsonObject | undefined;
}

export function changeRecord(stream: Stream, sequence: number, nowMs: number, region: string, change: Change): string {
  const { viewType } = stream;
  const carriesNew = viewType === 'NEW_IMAGE' || viewType === 'NEW_AND_OLD_IMAGES';
  const carriesOld = viewType === 'OLD_IMAGE' || viewType === 'NEW_AND_OLD_IMAGES';
  const eventId = stream.number.toString(16).padStart(16, '0') + sequence.toString(16).padStart(16, '0');
  let json =
    `{"eventID":"${eventId}","eventName":"${change.kind}","eventVersion":"1.1","eventSource":"aws:dynamodb",` +
    `"awsRegion":"${region}","dynamodb":{"ApproximateCreationDateTime":${Math.floor(nowMs / 1000)},` +
    `"Keys":${change.keysJson}`;
  if (carriesNew && change.newJson !== undefined) json += `,"NewImage":${change.newJson}`;
  if (carriesOld && change.oldJson !== undefined) json += `,"OldImage":${change.oldJson}`;
  json +=
    `,"SequenceNumber":"${sequenceText(sequence)}","SizeBytes":${change.sizeBytes},` +
    `"StreamViewType":"${viewType}"}`;
  if (change.userIdentity !== undefined) json += `,"userIdentity":${JSON.stringify(change.userIdentity)}`;
  return `${json}}`;
}

const TIME_BYTES = 8;

export function encodeChange(nowMs: number, json: string): Buffer {
  const row = Buffer.allocUnsafe(TIME_BYTES + Buffer.byteLength(json));
  row.writeDoubleBE(nowMs, 0);
  row.write(json, TIME_BYTES);
  return row;
}

export function timeOfChange(row: Buffer): number {
  return row.readDoubleBE(0);
}

export function jsonOfChange(row: Buffer): Buffer {
  return row.subarray(TIME_BYTES);
}
