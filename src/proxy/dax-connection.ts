/**
 * One connection of a DAX client: a first message, then one request after the other, each answered before the next is looked
 * at. What cannot be read closes this connection, with its reason in the log, and no other (there is no way to find the next
 * request); what can be read and is wrong gets an error.
 *
 * `authorizeConnection` has no answer, ever: its verdict stays with the connection, and a bad one is the answer to whatever
 * is asked next. (I12: it is looked at before any call is dispatched.)
 */
import type { Socket } from 'node:net';
import type { Clock, Timer } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { ServiceError } from '../model/service-error.ts';
import { readAuthorization, type DaxAuthorization } from '../wire/dax/authorization.ts';
import { CborReader } from '../wire/dax/cbor-reader.ts';
import { dialectOf, type DaxCall, type DaxClient } from '../wire/dax/dax-call.ts';
import { FrameScanner, type FrameLimits } from '../wire/dax/frame-scanner.ts';
import { MalformedFrame } from '../wire/dax/malformed.ts';
import { methods, SERVICE_ID, type ControlMethod, type Method } from '../wire/dax/methods.ts';
import { checkOpening, PREAMBLE_ITEMS, readPreamble } from '../wire/dax/preamble.ts';
import type { BusyPoll } from './busy-poll.ts';
import { KNOWN_FRAME_BYTES_MAX } from './dax-frames.ts';
import { PendingBytes } from './pending-bytes.ts';
import type { ReceiveBudget } from './receive.ts';

/** What a connection asks of its door. */
export interface DaxConnectionHost {
  readonly frameLimits: FrameLimits;
  readonly firstMessageMs: number;
  readonly requestMs: number;
  readonly authorizationMs: number;
  readonly budget: ReceiveBudget;
  readonly busyPoll: BusyPoll | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly draining: boolean;
  /** Undefined: anyone may call. @throws {ServiceError} why this signature is not good. */
  readonly authorise: ((authorization: DaxAuthorization) => void) | undefined;
  /** A request waits for its answer from here until the function that is returned is called. */
  begin(): () => void;
  /** The answer to a read that is known by its text; undefined when it is not, or may not be answered now. */
  answerKnown(frame: string): Buffer | Promise<Buffer> | undefined;
  /** `frame` is the text of a read's bytes, by which it may be known. */
  answerCall(frame: string | undefined, read: () => DaxCall): Buffer | Promise<Buffer>;
  answerControl(method: ControlMethod, reader: CborReader, socket: Socket): Buffer | Promise<Buffer>;
  refusal(error: unknown): Buffer;
}

type Phase =
  | { readonly at: 'first' }
  | { readonly at: 'head' }
  | { readonly at: 'arguments'; readonly method: Method; readonly start: number };

/** Service and method. */
const HEAD_ITEMS = 2;
/** A client that sends while its request is being answered is read up to here. */
const AHEAD_BYTES_MAX = 64 * 1024;
/** Methods that anyone may ask: a client that is not let in must at least find the node that tells it so. */
const OPEN_METHOD: ControlMethod = 'endpoints';

const NO_CLIENT: DaxClient = { userAgent: '' };

export class DaxConnection {
  readonly #socket: Socket;
  readonly #host: DaxConnectionHost;
  readonly #pending = new PendingBytes();
  readonly #scanner: FrameScanner;
  #budgetedBytes = 0;
  #phase: Phase = { at: 'first' };
  #client = NO_CLIENT;
  #dialect = dialectOf(NO_CLIENT);
  #verdict: { readonly refused: ServiceError } | { readonly untilMs: number } | undefined;
  #isBusy = false;
  #isBlocked = false;
  /** The client sends no more, and may wait for answers yet. */
  #isEnded = false;
  /** Runs while a first message or a request is incomplete. */
  #deadline: Timer | undefined;

  constructor(socket: Socket, host: DaxConnectionHost) {
    this.#socket = socket;
    this.#host = host;
    this.#scanner = new FrameScanner(host.frameLimits);
    this.#expectFrame('first', PREAMBLE_ITEMS);
    this.#deadline = host.clock.after(host.firstMessageMs, () => this.#close('nothing came in time'));
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('drain', () => {
      this.#isBlocked = false;
      this.#advance();
    });
    socket.on('end', () => {
      this.#isEnded = true;
      this.#advance();
    });
    socket.on('error', (error) => host.log.debug({ err: error }, 'a DAX connection broke'));
    socket.on('close', () => {
      this.#deadline?.cancel();
      this.#budget(0);
    });
  }

  /** True while a request waits for its answer. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** True until the client has said that it is one. */
  get isFresh(): boolean {
    return this.#phase.at === 'first';
  }

  #receive(chunk: Buffer): void {
    this.#host.busyPoll?.tell();
    // The one safe moment to close: a request is under way, so the client sees the end and asks elsewhere.
    if (this.#host.draining && !this.#isBusy) {
      this.#socket.end();
      return;
    }
    if (this.#serveKnown(chunk)) return;
    this.#pending.append(chunk);
    if (this.#isBusy || this.#isBlocked) {
      if (this.#pending.view.length > AHEAD_BYTES_MAX) this.#socket.pause();
      return;
    }
    this.#advance();
  }

  /**
   * The shortest way to an answer: a client sends its request in one piece, and where that is byte for byte a frame that is
   * known, it begins and ends as that one does, and asks the same. Nothing of it is scanned or read. Whatever is not so plain,
   * a refusal too, is left to the long way.
   */
  #serveKnown(chunk: Buffer): boolean {
    if (chunk.length > KNOWN_FRAME_BYTES_MAX || this.#phase.at !== 'head') return false;
    if (this.#isBusy || this.#isBlocked || this.#pending.view.length > 0) return false;
    if (this.#refusal() !== undefined) return false;
    try {
      const answer = this.#host.answerKnown(this.#textOf(chunk));
      if (answer === undefined) return false;
      this.#send(answer);
    } catch (error) {
      this.#fail(error);
    }
    return true;
  }

  #advance(): void {
    try {
      while (!this.#isBusy && !this.#isBlocked && !this.#socket.destroyed) {
        if (this.isFresh) checkOpening(this.#pending.view);
        if (!this.#scanner.scan(this.#pending.view)) {
          if (this.#isEnded) this.#socket.end();
          else this.#wait();
          return;
        }
        this.#deadline?.cancel();
        this.#deadline = undefined;
        this.#take();
      }
      this.#budget(this.#pending.view.length);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A part of the frame is missing. */
  #wait(): void {
    const { length } = this.#pending.view;
    this.#budget(length);
    if (length === 0 || this.#deadline !== undefined) return;
    const { clock, requestMs } = this.#host;
    this.#deadline = clock.after(requestMs, () => this.#close('a request did not come to its end in time'));
  }

  /** All that was expected is there. */
  #take(): void {
    const phase = this.#phase;
    const bytes = this.#pending.view;
    const reader = new CborReader(bytes.subarray(0, this.#scanner.end));
    if (phase.at === 'first') {
      this.#client = readPreamble(reader);
      this.#dialect = dialectOf(this.#client);
      this.#finishFrame();
      return;
    }
    if (phase.at === 'head') {
      const method = readMethod(reader);
      this.#phase = { at: 'arguments', method, start: this.#scanner.end };
      this.#scanner.expect(method.argumentCount);
      return;
    }
    const frame = bytes.subarray(0, this.#scanner.end);
    this.#finishFrame();
    this.#serve(phase.method, frame, phase.start);
  }

  #finishFrame(): void {
    this.#pending.consume(this.#scanner.end);
    this.#expectFrame('head', HEAD_ITEMS);
  }

  #expectFrame(at: 'first' | 'head', items: number): void {
    this.#phase = { at };
    this.#scanner.begin();
    this.#scanner.expect(items);
  }

  /** @param start where the arguments begin in the frame. */
  #serve(method: Method, frame: Buffer, start: number): void {
    if (method.control === 'authorizeConnection') {
      this.#authorise(readAuthorization(new CborReader(frame, start)));
      return;
    }
    this.#send(this.#answer(method, frame, start));
  }

  #send(answer: Buffer | Promise<Buffer>): void {
    if (!(answer instanceof Promise)) {
      this.#write(answer);
      return;
    }
    this.#isBusy = true;
    const end = this.#host.begin();
    answer
      .then(
        (bytes) => this.#write(bytes),
        (error: unknown) => this.#fail(error),
      )
      .finally(() => {
        end();
        this.#continue();
      });
  }

  #answer(method: Method, frame: Buffer, start: number): Buffer | Promise<Buffer> {
    try {
      const refusal = method.control === OPEN_METHOD ? undefined : this.#refusal();
      if (refusal !== undefined) throw refusal;
      if (method.control !== undefined) {
        return this.#host.answerControl(method.control, new CborReader(frame, start), this.#socket);
      }
      const isKnowable = method.repeats === true && frame.length <= KNOWN_FRAME_BYTES_MAX;
      const text = isKnowable ? this.#textOf(frame) : undefined;
      return this.#host.answerCall(text, () => method.read(new CborReader(frame, start), this.#client));
    } catch (error) {
      return this.#host.refusal(error);
    }
  }

  /** What a frame may be known by: its bytes, and what they mean to whoever sends them. */
  #textOf(frame: Buffer): string {
    return this.#dialect + frame.toString('latin1');
  }

  #continue(): void {
    this.#isBusy = false;
    if (this.#host.draining && this.#pending.view.length > 0) this.#socket.end();
    if (this.#socket.isPaused()) this.#socket.resume();
    this.#advance();
  }

  #write(bytes: Buffer): void {
    if (this.#socket.writable && !this.#socket.write(bytes)) this.#isBlocked = true;
  }

  #authorise(authorization: DaxAuthorization): void {
    const { authorise, clock, authorizationMs } = this.#host;
    if (authorise === undefined) return;
    try {
      authorise(authorization);
      this.#verdict = { untilMs: clock.monotonicMs() + authorizationMs };
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      this.#verdict = { refused: error };
    }
  }

  /** Why this connection may not call now. */
  #refusal(): ServiceError | undefined {
    if (this.#host.authorise === undefined) return undefined;
    const verdict = this.#verdict;
    if (verdict === undefined) {
      return new ServiceError('MissingAuthenticationTokenException', 'Request is missing Authentication Token');
    }
    if ('refused' in verdict) return verdict.refused;
    if (this.#host.clock.monotonicMs() <= verdict.untilMs) return undefined;
    return new ServiceError(
      'MissingAuthenticationTokenException',
      'The signature of this connection is too old: authenticate again',
    );
  }

  #budget(sizeBytes: number): void {
    const { budget } = this.#host;
    budget.giveBack(this.#budgetedBytes);
    this.#budgetedBytes = 0;
    if (sizeBytes === 0) return;
    if (budget.take(sizeBytes)) this.#budgetedBytes = sizeBytes;
    else this.#close('too many bytes of requests are being received');
  }

  #fail(error: unknown): void {
    if (error instanceof MalformedFrame) {
      this.#close(`its bytes make no request: ${error.message}`);
      return;
    }
    this.#host.log.error({ err: error }, 'a DAX connection failed by our fault');
    this.#socket.destroy();
  }

  #close(reason: string): void {
    const { remoteAddress, remotePort } = this.#socket;
    const { userAgent } = this.#client;
    this.#host.log.warn({ peer: `${remoteAddress}:${remotePort}`, userAgent, reason }, 'a DAX connection was closed');
    this.#socket.destroy();
  }
}

function readMethod(reader: CborReader): Method {
  const service = reader.smallInteger();
  if (service !== SERVICE_ID) throw new MalformedFrame(`a service ${service}`);
  const id = reader.smallInteger();
  const method = methods.get(id);
  if (method === undefined) throw new MalformedFrame(`a method ${id}`);
  return method;
}
