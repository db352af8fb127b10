/**
 * The durable change log behind DynamoDB Streams. A record is written in the transaction that writes the item, and a
 * shard is closed in the transaction that opens its children, so that after a crash table, log and lineage agree.
 *
 * What is asked of the log here may be staged and not committed yet. Who tells it to a caller waits for `committed()`
 * first; records alone are read from what is committed.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
 */
import type { ByteString } from '../base/bytes.ts';
import type { Clock, Timer } from '../base/clock.ts';
import { SlipstreamError } from '../base/errors.ts';
import { changeRecord, encodeChange, jsonOfChange, timeOfChange, type Change } from './change-record.ts';
import { trimStream } from './change-trim.ts';
import type { Environment } from './environment.ts';
import {
  changeKey,
  changeRange,
  hashNumberOf,
  rangeOfPrefix,
  sequenceOfChange,
  shardKey,
  shardPrefix,
  STREAM_PREFIX,
  streamKey,
} from './key-space.ts';
import { SequenceNumbers } from './sequence-numbers.ts';
import { ALL_HASHES, splitHashes, Stream, type HashRange, type Shard, type StreamRow } from './stream.ts';
import type { Writer } from './writer.ts';

export interface ChangeLogOptions {
  /** How long records are kept. */
  readonly retentionMs: number;
  /** How often records that are too old are removed; readers never see them in any case. */
  readonly trimEveryMs: number;
  readonly iteratorExpiryMs: number;
  /** Shards that a stream begins with. */
  readonly streamShards: number;
  /** A shard that rolls is split in two while its stream has fewer open shards than this. */
  readonly streamShardsMax: number;
  /** How long a shard is open before its children follow it; 0: as long as its stream is enabled. */
  readonly shardRollMs: number;
}

export interface ChangeRow {
  readonly sequence: number;
  /** The record as GetRecords shows it. */
  readonly json: Buffer;
}

export type NewStream = Pick<StreamRow, 'number' | 'tableName' | 'viewType' | 'keySchema'> & {
  readonly tableArn: string;
  /** How long the stream shows ENABLING; it takes records from the start. */
  readonly enablingMs: number;
};

const SHARDS_MAX = 1_000;
const SHARD_ROLL_MIN_MS = 10;
/** A timer's longest delay. */
const SHARD_ROLL_MAX_MS = 2 ** 31 - 1;
/** Too old records that a reader steps over in one call; they are there only until they are trimmed. */
const SKIPPED_MAX = 10_000;

export class ChangeLog {
  readonly #environment: Environment;
  readonly #writer: Writer;
  readonly #clock: Clock;
  readonly #options: ChangeLogOptions;
  readonly #sequences: SequenceNumbers;
  readonly #streams = new Map<string, Stream>();
  readonly #closing = new Set<Shard>();
  #trimTimer: Timer | undefined;
  #rollTimer: Timer | undefined;
  #trimming: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(environment: Environment, writer: Writer, clock: Clock, options: ChangeLogOptions) {
    this.#environment = environment;
    this.#writer = writer;
    this.#clock = clock;
    this.#options = options;
    this.#sequences = new SequenceNumbers(environment, writer);
    for (const { value } of environment.rows(rangeOfPrefix(STREAM_PREFIX))) {
      const stream = new Stream(JSON.parse(value.toString('utf8')) as StreamRow);
      for (const row of environment.rows(rangeOfPrefix(shardPrefix(stream.number)))) {
        stream.add(JSON.parse(row.value.toString('utf8')) as Shard);
      }
      this.#streams.set(stream.arn, stream);
    }
    this.#trimLater();
    this.#rollLater();
  }

  streams(): Iterable<Stream> {
    return this.#streams.values();
  }

  find(arn: string): Stream | undefined {
    return this.#streams.get(arn);
  }

  /** Resolves when everything that was said so far has been committed. */
  committed(): Promise<void> {
    return this.#writer.committed();
  }

  /** The caller stages what names the stream in the same stretch. */
  begin({ tableArn, enablingMs, ...rest }: NewStream): Stream {
    const nowMs = this.#clock.wallMs();
    let createdMs = nowMs;
    // The label is the time; a table whose stream is switched off and on within a millisecond needs another one.
    while (this.#streams.has(streamArn(tableArn, createdMs))) createdMs++;
    const stream = new Stream({
      ...rest,
      label: labelOf(createdMs),
      arn: streamArn(tableArn, createdMs),
      createdMs,
      enabledMs: nowMs + enablingMs,
    });
    for (const range of splitHashes(ALL_HASHES, this.#options.streamShards)) this.#openShard(stream, range);
    this.#streams.set(stream.arn, stream);
    this.#saveStream(stream);
    this.#rollLater();
    return stream;
  }

  /** Ends the stream: its shards are closed, what they hold stays readable. It shows DISABLING for a while. */
  end(stream: Stream, disablingMs: number): void {
    if (stream.isEnded) return;
    const nowMs = this.#clock.wallMs();
    stream.end(nowMs, nowMs + disablingMs);
    for (const shard of stream.openShards) this.#closeShard(stream, shard);
    this.#saveStream(stream);
  }

  /** Closes a shard and opens what follows it: one child in its place, or two while there may be more shards. */
  roll(stream: Stream, shard: Shard): void {
    const parts = stream.openShards.length < this.#options.streamShardsMax ? 2 : 1;
    this.#closeShard(stream, shard);
    for (const range of splitHashes(shard, parts)) this.#openShard(stream, range, shard.id);
  }

  /** The number behind every record that was staged so far. */
  get latestSequence(): number {
    return this.#sequences.last;
  }

  get iteratorExpiryMs(): number {
    return this.#options.iteratorExpiryMs;
  }

  /** Stages the record of one change; `itemKey` decides the shard. */
  append(stream: Stream, itemKey: ByteString, region: string, change: Change): void {
    const shard = stream.shardOf(hashNumberOf(itemKey));
    const sequence = this.#sequences.next();
    const nowMs = this.#clock.wallMs();
    const json = changeRecord(stream, sequence, nowMs, region, change);
    this.#writer.put(changeKey(stream.number, shard.number, sequence), encodeChange(nowMs, json));
  }

  /**
   * Records of a shard from `sequence` on: at most `limit` of them and at most `bytesMax` bytes, but one in any case.
   * Records that are too old are left out.
   */
  read(stream: Stream, shard: Shard, sequence: number, limit: number, bytesMax: number): ChangeRow[] {
    const oldestMs = this.#oldestMs();
    const from = Math.max(sequence, (shard.trimmedThrough ?? 0) + 1);
    const rows: ChangeRow[] = [];
    let bytes = 0;
    let skipped = 0;
    for (const { key, value } of this.#environment.rows(changeRange(stream.number, shard.number, from))) {
      if (timeOfChange(value) < oldestMs) {
        if (++skipped === SKIPPED_MAX) break;
        continue;
      }
      const json = jsonOfChange(value);
      bytes += json.length;
      if (bytes > bytesMax && rows.length > 0) break;
      rows.push({ sequence: sequenceOfChange(key), json });
      if (rows.length === limit) break;
    }
    return rows;
  }

  /** True when records from `sequence` on have been removed, or would be, for their age: a reader there has missed some. */
  wasTrimmed(stream: Stream, shard: Shard, sequence: number): boolean {
    if (sequence <= (shard.trimmedThrough ?? 0)) return true;
    for (const { value } of this.#environment.rows(changeRange(stream.number, shard.number, sequence))) {
      return timeOfChange(value) < this.#oldestMs();
    }
    return false;
  }

  /** True when a closed shard has nothing left to show from `sequence` on. */
  isDrained(stream: Stream, shard: Shard, sequence: number): boolean {
    if (shard.lastSequence === undefined || this.#closing.has(shard)) return false;
    const oldestMs = this.#oldestMs();
    let skipped = 0;
    for (const { value } of this.#environment.rows(changeRange(stream.number, shard.number, sequence))) {
      if (timeOfChange(value) >= oldestMs || ++skipped === SKIPPED_MAX) return false;
    }
    return true;
  }

  /** Removes what is older than the retention: records, shards that were closed before it, streams that ended before it. */
  async trim(): Promise<void> {
    const oldestMs = this.#oldestMs();
    for (const stream of [...this.#streams.values()]) {
      await trimStream({
        environment: this.#environment,
        writer: this.#writer,
        stream,
        oldestMs,
        isStopped: () => this.#closed,
        save: (shard) => this.#saveShard(stream, shard),
      });
      if (this.#closed) return;
      const { endedMs } = stream.row;
      if (endedMs === undefined || endedMs >= oldestMs || !stream.isEmpty) continue;
      this.#streams.delete(stream.arn);
      this.#writer.remove(streamKey(stream.number));
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#trimTimer?.cancel();
    this.#rollTimer?.cancel();
    await this.#trimming;
  }

  #oldestMs(): number {
    return this.#clock.wallMs() - this.#options.retentionMs;
  }

  #openShard(stream: Stream, range: HashRange, parentId?: string): void {
    const openedMs = this.#clock.wallMs();
    const shard: Shard = {
      hashStart: range.hashStart,
      hashEnd: range.hashEnd,
      ...(parentId !== undefined && { parentId }),
      number: (stream.newest?.number ?? -1) + 1,
      id: shardId(Math.max(openedMs, timeOfId(stream.newest?.id) + 1), this.#clock.randomBytes(4)),
      openedMs,
      firstSequence: this.#sequences.next(),
    };
    stream.add(shard);
    this.#saveShard(stream, shard);
  }

  /** Its last records may still be on their way into the file; until they are there, nobody may be told that it is over. */
  #closeShard(stream: Stream, shard: Shard): void {
    stream.close(shard, this.#sequences.next(), this.#clock.wallMs());
    this.#saveShard(stream, shard);
    this.#closing.add(shard);
    this.#writer.afterCommit(() => this.#closing.delete(shard));
  }

  #trimLater(): void {
    this.#trimTimer = this.#clock.after(this.#options.trimEveryMs, () => {
      // A sweep that failed is tried again next time; a broken writer has told its callers already.
      this.#trimming = this.trim().catch(() => undefined);
      void this.#trimming.then(() => {
        if (!this.#closed) this.#trimLater();
      });
    });
  }

  /** Sets the timer to the moment when the next shard is due. */
  #rollLater(): void {
    const { shardRollMs } = this.#options;
    this.#rollTimer?.cancel();
    if (shardRollMs === 0) return;
    let dueMs = Infinity;
    for (const stream of this.#streams.values()) {
      for (const { openedMs } of stream.openShards) dueMs = Math.min(dueMs, openedMs + shardRollMs);
    }
    if (dueMs === Infinity) return;
    this.#rollTimer = this.#clock.after(Math.max(0, dueMs - this.#clock.wallMs()), () => {
      if (this.#closed || !this.#writer.isOpen) return;
      this.#rollDue();
      this.#rollLater();
    });
  }

  #rollDue(): void {
    const openedMs = this.#clock.wallMs() - this.#options.shardRollMs;
    for (const stream of this.#streams.values()) {
      for (const shard of stream.openShards) if (shard.openedMs <= openedMs) this.roll(stream, shard);
    }
  }

  #saveStream(stream: Stream): void {
    this.#writer.put(streamKey(stream.number), Buffer.from(JSON.stringify(stream.row)));
  }

  #saveShard(stream: Stream, shard: Shard): void {
    this.#writer.put(shardKey(stream.number, shard.number), Buffer.from(JSON.stringify(shard)));
  }
}

function labelOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, -1);
}

function streamArn(tableArn: string, ms: number): string {
  return `${tableArn}/stream/${labelOf(ms)}`;
}

const TIME_DIGITS = 20;

/** `ms` rises from shard to shard of a stream, so that ids sort; the rest tells the shards of streams apart. */
function shardId(ms: number, random: Uint8Array): string {
  return `shardId-${String(ms).padStart(TIME_DIGITS, '0')}-${Buffer.from(random).toString('hex')}`;
}

function timeOfId(id: string | undefined): number {
  return id === undefined ? 0 : Number(id.slice('shardId-'.length, 'shardId-'.length + TIME_DIGITS));
}

/** @throws {SlipstreamError} SLIPSTREAM_BAD_OPTION. */
export function checkStreamOptions(
  options: Pick<ChangeLogOptions, 'streamShards' | 'streamShardsMax' | 'shardRollMs'>,
): void {
  for (const name of ['streamShards', 'streamShardsMax'] as const) {
    const value = options[name];
    if (!Number.isInteger(value) || value < 1 || value > SHARDS_MAX) {
      throw new SlipstreamError('SLIPSTREAM_BAD_OPTION', `${name} is a whole number from 1 to ${SHARDS_MAX}`);
    }
  }
  const { shardRollMs } = options;
  if (!(shardRollMs === 0 || (shardRollMs >= SHARD_ROLL_MIN_MS && shardRollMs <= SHARD_ROLL_MAX_MS))) {
    throw new SlipstreamError(
      'SLIPSTREAM_BAD_OPTION',
      `shardRollMs is 0 (never), or ${SHARD_ROLL_MIN_MS} to ${SHARD_ROLL_MAX_MS}`,
    );
  }
}
