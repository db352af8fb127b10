/**
 * Calls of the data plane that come by DAX: through the same accelerator, and so through the same caches, as those of HTTP. A
 * reply of the cache is one object as long as it is cached, so what it looks like in DAX is remembered beside it, and goes
 * when it goes: the second hit encodes nothing.
 */
import type { Answer, CacheOutcome } from '../accelerator/answer.ts';
import { callChannel } from '../base/channels.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { ServiceRequest, type JsonObject, type ServiceReply } from '../model/service-call.ts';
import type { RequestIds } from '../wire/aws-json.ts';
import type { AttributeLists } from '../wire/dax/attribute-lists.ts';
import { CborWriter } from '../wire/dax/cbor-writer.ts';
import type { DaxCall } from '../wire/dax/dax-call.ts';
import { errorOf, writeError } from '../wire/dax/error-reply.ts';
import { ItemCodec } from '../wire/dax/item-codec.ts';
import { MalformedFrame } from '../wire/dax/malformed.ts';
import type { AskedCall } from './dax-frames.ts';
import { KnownFrames } from './dax-frames.ts';
import { ReadyAnswers } from './dax-ready.ts';
import type { DaxTables, DescribedTable } from './dax-tables.ts';
import type { Dispatch, FindKnown } from './dispatch.ts';
import { isFault, refusalOf } from './refuse.ts';

export interface DaxCallsOptions {
  readonly dispatch: Dispatch;
  readonly findKnown: FindKnown | undefined;
  readonly tables: DaxTables;
  readonly lists: AttributeLists;
  readonly ids: RequestIds;
  /** Of the answers that are kept ready. */
  readonly readyBytesMax: number;
  readonly instance: string;
  readonly clock: Clock;
  readonly log: Log;
}

export class DaxCalls {
  readonly #options: DaxCallsOptions;
  readonly #writer = new CborWriter();
  readonly #ready: ReadyAnswers;
  readonly #known: KnownFrames;

  constructor(options: DaxCallsOptions) {
    this.#options = options;
    this.#ready = new ReadyAnswers(options.readyBytesMax);
    this.#known = new KnownFrames(options.tables);
  }

  /** The answer to a read that was asked before with the same text; undefined when nothing is known of it. */
  answerKnown(frame: string): Buffer | Promise<Buffer> | undefined {
    const startMs = this.#options.clock.monotonicMs();
    const known = this.#known.find(frame, startMs);
    return known && this.#ask(known, startMs);
  }

  /**
   * The answer's bytes; at once on a hit.
   *
   * @param frame the text of a read's bytes; undefined where the bytes are not to be known again.
   * @throws {MalformedFrame} when the call's bytes are no call.
   * @throws {ServiceError} when they are one that cannot be made.
   */
  answer(frame: string | undefined, read: () => DaxCall): Buffer | Promise<Buffer> {
    const startMs = this.#options.clock.monotonicMs();
    const call = read();
    try {
      const tables = this.#tablesOf(call, startMs);
      if (tables === undefined) return this.#openThen(call, frame, startMs);
      return this.#ask(this.#asked(call, tables, frame), startMs);
    } catch (error) {
      return this.#refuse(call, error, startMs);
    }
  }

  /** The bytes of a refusal that no call of the data plane got. @throws {MalformedFrame} when `error` is one. */
  refusal(error: unknown): Buffer {
    return this.#error(this.#refusalOf(error, undefined), undefined, undefined);
  }

  errorBytes(reply: ServiceReply): Buffer {
    return this.#error(reply, undefined, undefined);
  }

  /** Undefined until all tables of the call are known. */
  #tablesOf(call: DaxCall, nowMs: number): readonly DescribedTable[] | undefined {
    const tables: DescribedTable[] = [];
    for (const name of call.tables) {
      const table = this.#options.tables.get(name, nowMs);
      if (table === undefined) return undefined;
      tables.push(table);
    }
    return tables.length === 1 ? tables[0]?.alone : tables;
  }

  /** @throws {ServiceError | MalformedFrame} when the call's parameters cannot be read. */
  #asked(call: DaxCall, tables: readonly DescribedTable[], frame: string | undefined): AskedCall {
    const input = call.inputOf(this.#codecOf(tables));
    // A read whose answer is made for it alone is not known again.
    const spelling = call.form === undefined ? undefined : frame;
    return { call, form: call.form, tables, request: ServiceRequest.fromInput(call.operation, input, { spelling }) };
  }

  #codecOf(tables: readonly DescribedTable[]): ItemCodec {
    const byName = new Map(tables.map(({ name, schema }) => [name, schema]));
    return new ItemCodec(byName, this.#options.lists);
  }

  async #openThen(call: DaxCall, frame: string | undefined, startMs: number): Promise<Buffer> {
    try {
      const tables: DescribedTable[] = [];
      for (const name of call.tables) {
        const table = await this.#options.tables.open(name);
        if ('status' in table) return this.#publishError(call, table, undefined, undefined, startMs);
        tables.push(table);
      }
      return await this.#ask(this.#asked(call, tables, frame), startMs);
    } catch (error) {
      return this.#refuse(call, error, startMs);
    }
  }

  #ask(asked: AskedCall, startMs: number): Buffer | Promise<Buffer> {
    const { dispatch, findKnown } = this.#options;
    const { operation, spelling } = asked.request;
    try {
      const known = spelling === undefined ? undefined : findKnown?.(operation, spelling, startMs);
      if (known !== undefined) return this.#reply(asked, known, startMs);
      const answer = dispatch(asked.request, {});
      if (answer instanceof Promise) return this.#await(asked, answer, startMs);
      return this.#reply(asked, answer, startMs);
    } catch (error) {
      return this.#refuse(asked.call, error, startMs);
    }
  }

  async #await(asked: AskedCall, answer: Promise<Answer>, startMs: number): Promise<Buffer> {
    try {
      return this.#reply(asked, await answer, startMs);
    } catch (error) {
      return this.#refuse(asked.call, error, startMs);
    }
  }

  #reply(asked: AskedCall, { reply, cache }: Answer, startMs: number): Buffer {
    if (!reply.ok) {
      const { call } = asked;
      this.#options.tables.noteRefusal(call.tables, reply);
      return this.#publishError(call, reply, cache, this.#codecOf(asked.tables), startMs);
    }
    const bytes = this.#readyBytes(asked, reply) ?? this.#encode(asked, reply, cache);
    this.#publish(asked.request.operation, cache, reply.status, startMs);
    return bytes;
  }

  #readyBytes(asked: AskedCall, reply: ServiceReply): Buffer | undefined {
    const { form, request } = asked;
    if (form === undefined) return undefined;
    const ready = this.#ready.get(reply, form);
    if (ready === undefined) return undefined;
    for (const list of ready.lists) this.#options.lists.touch(list);
    if (request.spelling !== undefined) this.#known.note(request.spelling, asked);
    return ready.bytes;
  }

  #encode(asked: AskedCall, reply: ServiceReply, cache: CacheOutcome): Buffer {
    const { call, form } = asked;
    const codec = this.#codecOf(asked.tables);
    const writer = this.#writer;
    writer.clear();
    writer.arrayHead(0);
    // Parsed for this once: a cached reply keeps its bytes and no objects.
    const isKept = cache === 'hit' || cache === 'stale';
    const output = isKept ? (JSON.parse(reply.body.toString('utf8')) as JsonObject) : reply.output;
    call.writeReply(writer, output, codec);
    const bytes = writer.take();
    if (cache !== 'hit' || form === undefined) return bytes;
    return this.#ready.set(reply, { form, bytes, lists: codec.sentLists }).bytes;
  }

  #refuse(call: DaxCall, error: unknown, startMs: number): Buffer {
    const reply = this.#refusalOf(error, call.operation);
    // A fault may come from an item that has not the key that we know.
    if (isFault(error)) this.#options.tables.forget(call.tables);
    return this.#publishError(call, reply, undefined, undefined, startMs);
  }

  #refusalOf(error: unknown, operation: string | undefined): ServiceReply {
    if (error instanceof MalformedFrame) throw error;
    if (isFault(error)) this.#options.log.error({ err: error, operation }, 'a call failed by our fault');
    return refusalOf(error);
  }

  #publishError(
    call: DaxCall,
    reply: ServiceReply,
    cache: CacheOutcome | undefined,
    codec: ItemCodec | undefined,
    startMs: number,
  ): Buffer {
    const bytes = this.#error(reply, codec, call.actionTables);
    this.#publish(call.operation, cache, reply.status, startMs);
    return bytes;
  }

  #error(reply: ServiceReply, codec: ItemCodec | undefined, tables: readonly string[] | undefined): Buffer {
    const writer = this.#writer;
    writer.clear();
    const requestId = reply.headers['x-amzn-requestid'] ?? this.#options.ids.next();
    const error = errorOf(reply.status, reply.errorName ?? 'UnknownError', outputOf(reply), requestId);
    writeError(writer, error, codec, tables);
    return writer.take();
  }

  #publish(operation: string, cache: CacheOutcome | undefined, status: number, startMs: number): void {
    if (!callChannel.hasSubscribers) return;
    const { instance, clock } = this.#options;
    const durationMs = clock.monotonicMs() - startMs;
    callChannel.publish({ instance, door: 'dax', operation, cache, status, durationMs });
  }
}

/** A remote store's refusal need not be JSON: a load balancer in front of it may have answered. */
function outputOf(reply: ServiceReply): JsonObject {
  try {
    return reply.output;
  } catch {
    return { message: reply.body.toString('utf8') };
  }
}
