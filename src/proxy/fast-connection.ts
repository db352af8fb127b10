/**
 * One connection of the HTTP door, on the fast path: ordinary calls are read from the bytes as they come and answered in
 * order, hits in the same turn and all of a segment in one write. The calls of a connection are made one after the other, as
 * HTTP asks for calls that may write (RFC 9112, 9.3.2): a call that waits for the store holds up those behind it.
 *
 * The first request that is not ordinary leaves with all bytes behind it, and its connection, for `node:http`.
 */
import type { Socket } from 'node:net';
import type { Clock, Timer } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { ServiceReply } from '../model/service-call.ts';
import { AWS_JSON } from '../wire/aws-json.ts';
import type { JsonContentType } from '../wire/aws-json.ts';
import type { BusyPoll } from './busy-poll.ts';
import type { Calls, Outcome } from './calls.ts';
import type { Connections } from './connections.ts';
import type { HeadReader } from './head-reader.ts';
import type { Outbox } from './outbox.ts';
import { PendingBytes } from './pending-bytes.ts';
import type { ReceiveBudget } from './receive.ts';

/** What a connection shares with the others of its door. */
export interface FastHost {
  readonly reader: HeadReader;
  readonly outbox: Outbox;
  readonly calls: Calls;
  readonly connections: Connections;
  readonly budget: ReceiveBudget;
  readonly busyPoll: BusyPoll | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** The door's time, which moves in steps: to ask the clock for each request would cost more than it is worth. */
  readonly coarseMs: number;
  leave(connection: FastConnection): void;
  /** The connection goes to `node:http`, which reads `bytes` first. */
  handOver(socket: Socket, bytes: Buffer): void;
}

/**
 * - `new`, `idle`: nothing of a request is there, and none was answered yet, or one was;
 * - `head`, `body`: a part of one is;
 * - `waiting`: a call waits for its answer;
 * - `blocked`: the client does not read its answers, and no more are made;
 * - `ending`: the last answer is written;
 * - `gone`: closed, or with `node:http`.
 */
export type Phase = 'new' | 'idle' | 'head' | 'body' | 'waiting' | 'blocked' | 'ending' | 'gone';

/** How long a client may take to close once all was said; what it still sends meanwhile is thrown away. */
const LINGER_MS = 1_000;

export class FastConnection {
  readonly #socket: Socket;
  readonly #host: FastHost;
  /** The part of a request that is there. */
  #pending: PendingBytes | undefined;
  #budgetedBytes = 0;
  /** The part is not looked at again before this many bytes are there. */
  #neededBytes = 0;
  #hasEnded = false;
  #phase: Phase = 'new';
  #sinceMs: number;
  #lingering: Timer | undefined;

  constructor(socket: Socket, host: FastHost) {
    this.#socket = socket;
    this.#host = host;
    this.#sinceMs = host.coarseMs;
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('drain', this.#onDrain);
    socket.on('close', this.#onClose);
    socket.on('error', onError);
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** The door's time when the phase began or, of one that keeps coming back, came back. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  /** Ends the connection unless a request is there, which is answered first. */
  endIfIdle(): void {
    if ((this.#phase === 'new' || this.#phase === 'idle') && this.#socket.readableLength === 0) this.#end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Tells the client by an HTTP status why its connection ends. */
  refuse(status: number): void {
    this.#host.outbox.addRefusal(status);
    this.#end();
  }

  /** Tells the client, before it has asked, that nothing will be done for it here. */
  shed(reply: ServiceReply): void {
    this.#host.outbox.add({ reply, cache: undefined, ageMs: undefined }, AWS_JSON, true);
    this.#end();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#host.busyPoll?.tell();
    switch (this.#phase) {
      case 'new':
      case 'idle':
        this.#serve(chunk);
        break;
      case 'head':
      case 'body': {
        const pending = this.#pending as PendingBytes;
        pending.append(chunk);
        if (!this.#isInBudget(pending)) this.#handOver(pending.view, 0);
        else if (pending.view.length >= this.#neededBytes) this.#serve(pending.view);
        break;
      }
      case 'waiting':
      case 'blocked':
        this.#putBack(chunk);
        break;
      default:
      // A client that was told that its connection ends.
    }
  };

  readonly #onEnd = (): void => {
    this.#hasEnded = true;
    if (this.#phase === 'new' || this.#phase === 'idle') this.#end();
    // Half a request, and no more will come.
    else if (this.#phase === 'head' || this.#phase === 'body') this.refuse(400);
  };

  readonly #onDrain = (): void => {
    if (this.#phase === 'blocked') this.#continue();
  };

  readonly #onClose = (): void => {
    this.#phase = 'gone';
    this.#forgetPending();
    this.#lingering?.cancel();
    this.#host.leave(this);
  };

  #serve(bytes: Buffer): void {
    try {
      this.#serveAll(bytes);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Serves the requests that begin in `bytes`, which are all that is there; keeps what is left of them. */
  #serveAll(bytes: Buffer): void {
    const { reader, outbox, calls, connections, budget } = this.#host;
    const length = bytes.length;
    let at = 0;
    while (at < length) {
      const verdict = reader.read(bytes, at);
      if (verdict === 'incomplete') return this.#await('head', 0, bytes, at);
      if (verdict === 'malformed') return this.refuse(400);
      if (verdict === 'oversized') return this.refuse(431);
      if (verdict === 'unusual') return this.#handOver(bytes, at);
      const end = reader.bodyStart + reader.bodyBytes;
      // What is there as a whole takes nothing from the budget: a flood of bodies that do not end is no reason to refuse it.
      if (end > length) {
        if (!budget.hasRoomFor(reader.bodyBytes)) return this.#handOver(bytes, at);
        return this.#await('body', end - at, bytes, at);
      }
      const { contentType } = reader;
      const outcome = calls.answer(reader, connections.inFlight);
      at = end;
      if (outcome instanceof Promise) {
        this.#answerLater(outcome, contentType);
        return this.#stop('waiting', bytes, at);
      }
      const isLast = connections.draining && at === length;
      outbox.add(outcome, contentType, isLast);
      if (isLast) return this.#end();
      if (outbox.isFull && this.#isBlockedAfterFlush()) return this.#stop('blocked', bytes, at);
    }
    if (this.#pending !== undefined) this.#forgetPending();
    this.#enter(this.#isBlockedAfterFlush() ? 'blocked' : 'idle');
  }

  /** The rest of a request has to come. */
  #await(phase: 'head' | 'body', neededBytes: number, bytes: Buffer, at: number): void {
    this.#flush();
    // While the same part grows, its time runs on: or a byte now and then would keep a connection for ever.
    if (at > 0 || this.#phase !== phase) this.#enter(phase);
    this.#neededBytes = neededBytes;
    let pending = this.#pending;
    if (pending === undefined) {
      pending = new PendingBytes();
      pending.append(at === 0 ? bytes : bytes.subarray(at));
      this.#pending = pending;
    } else {
      pending.consume(at);
    }
    if (!this.#isInBudget(pending)) this.#handOver(pending.view, 0);
  }

  /** No call is made until this one is answered, or until the client has read. */
  #stop(phase: 'waiting' | 'blocked', bytes: Buffer, at: number): void {
    this.#flush();
    this.#forgetPending();
    this.#enter(phase);
    if (at < bytes.length) this.#putBack(bytes.subarray(at));
  }

  /** The socket keeps what cannot be served now: it stops reading when that is much, and tells of the end only behind it. */
  #putBack(bytes: Buffer): void {
    this.#socket.pause();
    this.#socket.unshift(bytes);
  }

  #answerLater(answer: Promise<Outcome>, contentType: JsonContentType): void {
    const { outbox, connections } = this.#host;
    const answered = connections.begin(this.#socket);
    answer
      .then((outcome) => {
        answered();
        if (this.#phase === 'gone') return;
        const isLast = connections.draining && this.#socket.readableLength === 0;
        outbox.add(outcome, contentType, isLast);
        if (isLast) this.#end();
        else if (this.#isBlockedAfterFlush()) this.#enter('blocked');
        else this.#continue();
      })
      .catch((error: unknown) => this.#fail(error));
  }

  /** Goes on with what came meanwhile. */
  #continue(): void {
    this.#enter('idle');
    const { readableLength } = this.#socket;
    if (this.#hasEnded || (this.#host.connections.draining && readableLength === 0)) this.#end();
    else if (this.#socket.isPaused()) this.#socket.resume();
  }

  #handOver(bytes: Buffer, at: number): void {
    this.#flush();
    this.#phase = 'gone';
    this.#forgetPending();
    const socket = this.#socket;
    socket.off('data', this.#onData);
    socket.off('end', this.#onEnd);
    socket.off('drain', this.#onDrain);
    socket.off('close', this.#onClose);
    socket.off('error', onError);
    this.#host.leave(this);
    this.#host.handOver(socket, at === 0 ? bytes : bytes.subarray(at));
  }

  /** Sends what is composed and ends the connection. */
  #end(): void {
    this.#flush();
    this.#forgetPending();
    this.#enter('ending');
    const socket = this.#socket;
    // Were it destroyed at once, what the client still sends would be answered with a reset, which may overtake our answer.
    socket.end(() => {
      if (this.#phase === 'ending') this.#lingering = this.#host.clock.after(LINGER_MS, () => socket.destroy());
    });
    if (socket.isPaused()) socket.resume();
  }

  #fail(error: unknown): void {
    this.#host.outbox.clear();
    this.#host.log.error({ err: error }, 'an answer could not be written');
    this.#socket.destroy();
  }

  #flush(): void {
    this.#host.outbox.flush(this.#socket);
  }

  #isBlockedAfterFlush(): boolean {
    const leftBytes = this.#host.outbox.flush(this.#socket);
    return leftBytes > 0 && leftBytes >= this.#socket.writableHighWaterMark;
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#sinceMs = this.#host.coarseMs;
  }

  /** Counts the bytes of the part; false when all connections together hold too many, which `node:http`'s side answers. */
  #isInBudget(pending: PendingBytes): boolean {
    const { budget } = this.#host;
    budget.giveBack(this.#budgetedBytes);
    this.#budgetedBytes = budget.take(pending.view.length) ? pending.view.length : 0;
    return this.#budgetedBytes > 0;
  }

  #forgetPending(): void {
    this.#host.budget.giveBack(this.#budgetedBytes);
    this.#budgetedBytes = 0;
    this.#pending = undefined;
  }
}

/** An error is followed by 'close', which is all that matters. */
function onError(): void {}
