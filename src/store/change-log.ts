/**
 * The durable change log behind DynamoDB Streams. A record is written in the transaction that writes the item, so that
 * after a crash table and log agree. A stream has shards: each covers an interval of the partition hash, so that all
 * changes of an item are in one shard, in order. Sequence numbers rise over the whole store and never repeat, also after
 * a crash: they are reserved in blocks, and an opening store begins a new block.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
 */
import { byteStringOfText, type ByteString } from '../base/bytes.ts';
import type { Clock, Timer } from '../base/clock.ts';
import { assert } from '../base/errors.ts';
import type { JsonObject } from '../model/service-call.ts';
import type { StreamViewType } from '../model/table-schema.ts';
import type { Environment } from './environment.ts';
import { catalogKey, changeKey, changeSpace, hashNumberOf, keyAfter, rangeOfPrefix, uint32Text } from './key-space.ts';
import type { Writer } from './writer.ts';

export interface Shard {
  /** Its place in the key space; `id` is its name. */
  readonly number: number;
  readonly id: string;
  readonly parentId?: string | undefined;
  readonly firstSequence: number;
  /** Present once the shard takes no more records. */
  lastSequence?: number | undefined;
  /** The newest record that was removed for its age. */
  trimmedThrough?: number | undefined;
  /** The partition hashes it covers, as 32-bit numbers; `hashEnd` is not among them. */
  readonly hashStart: number;
  readonly hashEnd: number;
}

export interface Stream {
  readonly number: number;
  readonly arn: string;
  readonly label: string;
  readonly tableName: string;
  readonly viewType: StreamViewType;
  readonly keySchema: readonly JsonObject[];
  readonly createdMs: number;
  /** Present once the stream is disabled; it stays readable for as long as its records are kept. */
  disabledMs?: number | undefined;
  readonly shards: Shard[];
}

export interface ChangeLogOptions {
  readonly retentionMs: number;
  /** How often records that are too old are removed; readers never see them in any case. */
  readonly trimEveryMs: number;
  readonly iteratorExpiryMs: number;
}

export interface ChangeRow {
  readonly sequence: number;
  /** The record as GetRecords shows it. */
  readonly json: Buffer;
}

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

const SEQUENCE_KEY = catalogKey('sequence');
const STREAM_PREFIX = catalogKey('stream/');
const SEQUENCE_BLOCK = 1_000_000;
const HASH_NUMBERS = 2 ** 32;
const TIME_BYTES = 8;
const TRIM_ROWS_MAX = 1000;

/** 21 digits, as DynamoDB's are at least. */
export function sequenceText(sequence: number): string {
  return `1${String(sequence).padStart(20, '0')}`;
}

/** Undefined for a text that is no sequence number of ours. */
export function sequenceOf(text: string): number | undefined {
  return /^1\d{20}$/.test(text) ? Number(text.slice(1)) : undefined;
}

export class ChangeLog {
  readonly #environment: Environment;
  readonly #writer: Writer;
  readonly #clock: Clock;
  readonly #options: ChangeLogOptions;
  readonly #streams = new Map<string, Stream>();
  readonly #closing = new Set<Shard>();
  #sequence = 0;
  #reserved = 0;
  #trimTimer: Timer | undefined;
  #trimming: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(environment: Environment, writer: Writer, clock: Clock, options: ChangeLogOptions) {
    this.#environment = environment;
    this.#writer = writer;
    this.#clock = clock;
    this.#options = options;
    const reserved = environment.get(SEQUENCE_KEY);
    if (reserved !== undefined) this.#sequence = this.#reserved = reserved.readDoubleBE(0);
    for (const { value } of environment.rows(rangeOfPrefix(STREAM_PREFIX))) {
      const stream = JSON.parse(value.toString('utf8')) as Stream;
      this.#streams.set(stream.arn, stream);
    }
    this.#trimLater();
  }

  streams(): Iterable<Stream> {
    return this.#streams.values();
  }

  find(arn: string): Stream | undefined {
    return this.#streams.get(arn);
  }

  /** Begins a stream with one shard that covers all partitions. */
  begin(table: Omit<Stream, 'label' | 'arn' | 'createdMs' | 'shards'> & { readonly tableArn: string }): Stream {
    const { tableArn, ...rest } = table;
    let createdMs = this.#clock.wallMs();
    // The label is the time; a table whose stream is switched off and on within a millisecond needs another one.
    while (this.#streams.has(streamArn(tableArn, createdMs))) createdMs++;
    const label = labelOf(createdMs);
    const stream: Stream = { ...rest, label, arn: `${tableArn}/stream/${label}`, createdMs, shards: [] };
    this.addShard(stream, { hashStart: 0, hashEnd: HASH_NUMBERS });
    this.#streams.set(stream.arn, stream);
    this.save(stream);
    return stream;
  }

  addShard(stream: Stream, range: Pick<Shard, 'hashStart' | 'hashEnd' | 'parentId'>): Shard {
    const shard: Shard = {
      ...range,
      number: stream.shards.length,
      id: `shardId-${String(this.#clock.wallMs()).padStart(20, '0')}-${Buffer.from(this.#clock.randomBytes(4)).toString('hex')}`,
      firstSequence: this.nextSequence(),
    };
    stream.shards.push(shard);
    return shard;
  }

  /** Ends the stream: its shards are closed, what they hold stays readable. */
  end(stream: Stream): void {
    if (stream.disabledMs !== undefined) return;
    stream.disabledMs = this.#clock.wallMs();
    for (const shard of stream.shards) this.#closeShard(shard);
    this.save(stream);
  }

  /** Its last records may still be on their way into the file; until they are there, nobody may be told that it is over. */
  #closeShard(shard: Shard): void {
    if (shard.lastSequence !== undefined) return;
    shard.lastSequence = this.nextSequence();
    this.#closing.add(shard);
    this.#writer.afterCommit(() => this.#closing.delete(shard));
  }

  #firstFrom(stream: Stream, shard: Shard, sequence: number): Buffer | undefined {
    const { end } = rangeOfPrefix(changeSpace(stream.number) + uint32Text(shard.number));
    const start = changeKey(stream.number, shard.number, sequence);
    for (const { value } of this.#environment.rows({ start, end })) return value;
    return undefined;
  }

  nextSequence(): number {
    if (++this.#sequence > this.#reserved) {
      this.#reserved = this.#sequence + SEQUENCE_BLOCK;
      const row = Buffer.allocUnsafe(8);
      row.writeDoubleBE(this.#reserved, 0);
      this.#writer.put(SEQUENCE_KEY, row);
    }
    return this.#sequence;
  }

  /** The number behind every record that was staged so far. */
  get latestSequence(): number {
    return this.#sequence;
  }

  /** Stages the record of one change; `itemKey` decides the shard. */
  append(stream: Stream, itemKey: ByteString, region: string, change: Change): void {
    const hash = hashNumberOf(itemKey);
    const shard = stream.shards.findLast(
      (candidate) => candidate.lastSequence === undefined && hash >= candidate.hashStart && hash < candidate.hashEnd,
    );
    assert(shard !== undefined, 'the open shards of a stream cover every hash');
    const sequence = this.nextSequence();
    const nowMs = this.#clock.wallMs();
    const json = recordJson(stream, sequence, nowMs, region, change);
    const row = Buffer.allocUnsafe(TIME_BYTES + Buffer.byteLength(json));
    row.writeDoubleBE(nowMs, 0);
    row.write(json, TIME_BYTES);
    this.#writer.put(changeKey(stream.number, shard.number, sequence), row);
  }

  /** Records of a shard from `sequence` on, at most `limit` of them and about `bytesMax` bytes; too old ones are left out. */
  read(stream: Stream, shard: Shard, sequence: number, limit: number, bytesMax: number): ChangeRow[] {
    const oldestMs = this.#clock.wallMs() - this.#options.retentionMs;
    const range = rangeOfPrefix(changeSpace(stream.number) + uint32Text(shard.number));
    const start = changeKey(stream.number, shard.number, sequence);
    const rows: ChangeRow[] = [];
    let bytes = 0;
    for (const { key, value } of this.#environment.rows({ start, end: range.end })) {
      if (value.readDoubleBE(0) < oldestMs) continue;
      rows.push({ sequence: sequenceOfKey(key), json: value.subarray(TIME_BYTES) });
      bytes += value.length;
      if (rows.length === limit || bytes >= bytesMax) break;
    }
    return rows;
  }

  /** True when records from `sequence` on have been removed, or would be, for their age: a reader there has missed some. */
  wasTrimmed(stream: Stream, shard: Shard, sequence: number): boolean {
    if (sequence <= (shard.trimmedThrough ?? 0)) return true;
    const first = this.#firstFrom(stream, shard, sequence);
    return first !== undefined && first.readDoubleBE(0) < this.#clock.wallMs() - this.#options.retentionMs;
  }

  /** True when a closed shard has nothing left from `sequence` on. */
  isDrained(stream: Stream, shard: Shard, sequence: number): boolean {
    if (shard.lastSequence === undefined || this.#closing.has(shard)) return false;
    return this.#firstFrom(stream, shard, sequence) === undefined;
  }

  get iteratorExpiryMs(): number {
    return this.#options.iteratorExpiryMs;
  }

  /** Removes what is older than the retention, and streams that ended before it. */
  async trim(): Promise<void> {
    const oldestMs = this.#clock.wallMs() - this.#options.retentionMs;
    for (const stream of [...this.#streams.values()]) {
      await this.#trimStream(stream, oldestMs);
      if (this.#closed) return;
      if (stream.disabledMs !== undefined && stream.disabledMs < oldestMs) {
        this.#streams.delete(stream.arn);
        this.#writer.remove(streamKey(stream));
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#trimTimer?.cancel();
    await this.#trimming;
  }

  async #trimStream(stream: Stream, oldestMs: number): Promise<void> {
    for (const shard of stream.shards) {
      const range = rangeOfPrefix(changeSpace(stream.number) + uint32Text(shard.number));
      let start = range.start;
      for (let full = true; full;) {
        if (this.#closed) return;
        let removed = 0;
        for (const { key, value } of this.#environment.rows({ start, end: range.end })) {
          if (value.readDoubleBE(0) >= oldestMs || removed === TRIM_ROWS_MAX) break;
          this.#writer.remove(key);
          shard.trimmedThrough = sequenceOfKey(key);
          start = keyAfter(key);
          removed++;
        }
        full = removed === TRIM_ROWS_MAX;
        if (removed === 0) break;
        this.save(stream);
        await this.#writer.committed();
      }
    }
  }

  #trimLater(): void {
    this.#trimTimer = this.#clock.after(this.#options.trimEveryMs, () => {
      if (this.#closed) return;
      // A sweep that failed is tried again next time; a broken writer has told its callers already.
      this.#trimming = this.trim().catch(() => undefined);
      this.#trimLater();
    });
  }

  save(stream: Stream): void {
    this.#writer.put(streamKey(stream), Buffer.from(JSON.stringify(stream)));
  }
}

function streamKey(stream: Stream): ByteString {
  return STREAM_PREFIX + byteStringOfText(`${stream.number}`);
}

function sequenceOfKey(key: ByteString): number {
  let sequence = 0;
  for (let i = key.length - 8; i < key.length; i++) sequence = sequence * 256 + key.charCodeAt(i);
  return sequence;
}

function labelOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, -1);
}

function streamArn(tableArn: string, ms: number): string {
  return `${tableArn}/stream/${labelOf(ms)}`;
}

function recordJson(stream: Stream, sequence: number, nowMs: number, region: string, change: Change): string {
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
