/**
 * Stage 1 of a call: bytes in, within limits, and which call they make. Refuses as DynamoDB refuses, in its order: size,
 * method and content type, JSON, target. The body of a well-addressed call is not parsed here: a call that passes through
 * is judged by the store, and one that is looked up is parsed by whoever makes its key.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { ExecuteOptions } from '../accelerator/answer.ts';
import { SlipstreamError } from '../base/errors.ts';
import { DYNAMODB_TARGET, operations, STREAMS_TARGET, traitsOf } from '../model/operations.ts';
import { ServiceRequest } from '../model/service-call.ts';
import { ServiceError, validationError } from '../model/service-error.ts';
import { parseTarget, replyContentType } from '../wire/aws-json.ts';
import { NODE_HEADER } from '../wire/feed-messages.ts';
import type { Target } from '../wire/aws-json.ts';
import type { RequestHead } from './authorise.ts';

/** The head of a call, as far as a door reads it: on the fast path out of the bytes, on the other out of `node:http`. */
export interface CallHead extends RequestHead {
  /** `x-amz-target`. */
  readonly target: string | undefined;
  /** `x-slipstream-control`. */
  readonly control: string | undefined;
  /** `x-slipstream-via`: the proxies that the call went through. */
  readonly via: string | undefined;
  /** `x-slipstream-node`: the one process that may answer. */
  readonly node: string | undefined;
}

/** A whole call. Neither form of its body is made before it is asked for. */
export interface ReceivedCall extends CallHead {
  readonly body: Buffer;
  /** The body's bytes, one a character; undefined where there are more than that. */
  bodyText(bytesMax: number): string | undefined;
}

export function receivedCallOf(request: IncomingMessage, body: Buffer): ReceivedCall {
  const bodyText = (bytesMax: number) => (body.length > bytesMax ? undefined : body.toString('latin1'));
  return { ...callHeadOf(request), body, bodyText };
}

export function callHeadOf({ method, url, headers }: IncomingMessage): CallHead {
  const texts = textsOf(headers);
  return {
    method,
    url,
    headers: texts,
    target: texts.get('x-amz-target'),
    control: texts.get('x-slipstream-control'),
    via: texts.get('x-slipstream-via'),
    node: texts.get(NODE_HEADER),
  };
}

function textsOf(headers: IncomingHttpHeaders): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) texts.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return texts;
}

/** Bytes that all connections of a door are receiving at this moment. */
export class ReceiveBudget {
  readonly #limitBytes: number;
  #usedBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  hasRoomFor(sizeBytes: number): boolean {
    return this.#usedBytes + sizeBytes <= this.#limitBytes;
  }

  take(sizeBytes: number): boolean {
    if (!this.hasRoomFor(sizeBytes)) return false;
    this.#usedBytes += sizeBytes;
    return true;
  }

  giveBack(sizeBytes: number): void {
    this.#usedBytes -= sizeBytes;
  }
}

export type Body = Buffer | 'too-large' | 'over-budget' | 'aborted';

/** A refused body is read on and thrown away up to this many times the limit, so that the connection stays usable. */
const DISCARD_FACTOR = 4;

/**
 * Collects a request's body. Resolves as soon as the verdict is known: a refused body goes on arriving and is thrown away,
 * for a client that is still sending would not read the refusal, and would lose it with a connection that is reset.
 */
export function receiveBody(request: IncomingMessage, limitBytes: number, budget: ReceiveBudget): Promise<Body> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    let takenBytes = 0;
    let refused = false;
    const settle = (body: Body) => {
      budget.giveBack(takenBytes);
      takenBytes = 0;
      resolve(body);
    };
    const refuse = (verdict: Body) => {
      refused = true;
      chunks.length = 0;
      settle(verdict);
    };
    if (Number(request.headers['content-length'] ?? 0) > limitBytes) refuse('too-large');
    request.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (refused) {
        if (sizeBytes > limitBytes * DISCARD_FACTOR) request.socket.destroy();
        return;
      }
      if (sizeBytes > limitBytes) return refuse('too-large');
      if (!budget.take(chunk.length)) return refuse('over-budget');
      takenBytes += chunk.length;
      chunks.push(chunk);
    });
    request.on('end', () => {
      if (!refused) settle(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, sizeBytes));
    });
    // 'close' also comes after 'end', when the promise is settled already and this changes nothing.
    request.on('close', () => {
      if (!refused) settle('aborted');
    });
    request.on('error', () => {});
  });
}

/** What is no POST of JSON gets the service's 404, whatever it asks for. An empty body needs no type. */
export function isCall(method: string | undefined, headers: IncomingHttpHeaders, body: Buffer): boolean {
  return method === 'POST' && (body.length === 0 || replyContentType(headers['content-type']) !== undefined);
}

const OPERATION_NAME = /^[A-Za-z][A-Za-z0-9]{0,63}$/;

/** What a call asks for. */
export interface CallTarget extends Target {
  /** True of a read of items, which may be known by its bytes. */
  readonly isRepeatable: boolean;
}

/** Known targets as they are written, so that a hit takes none apart. */
const knownTargets: ReadonlyMap<string, CallTarget> = new Map(
  [DYNAMODB_TARGET, STREAMS_TARGET].flatMap((api) =>
    Object.keys(operations).map((operation) => [`${api}.${operation}`, callTarget({ api, operation })]),
  ),
);

function callTarget({ api, operation }: Target): CallTarget {
  const { path } = traitsOf(operation);
  return { api, operation, isRepeatable: api === DYNAMODB_TARGET && (path === 'read-item' || path === 'read-page') };
}

/** @throws {ServiceError} UnknownOperationException, SerializationException or ValidationException. */
export function targetOf(call: ReceivedCall): CallTarget {
  const known = knownTargets.get(call.target ?? '');
  if (known !== undefined) return known;
  const target = parseTarget(call.target);
  const isApi = target?.api === DYNAMODB_TARGET || target?.api === STREAMS_TARGET;
  if (isApi && OPERATION_NAME.test(target.operation)) return callTarget(target);
  // The service reads the body before the target: broken JSON is reported first. A body that is absent is not broken.
  if (call.body.length > 0) void ServiceRequest.fromBody('', call.body).input;
  throw new ServiceError('UnknownOperationException', '');
}

/** What a caller may ask of the caches. */
export function executeOptionsOf(control: string | undefined): ExecuteOptions {
  if (control === undefined) return NO_OPTIONS;
  if (control === 'bypass' || control === 'refresh') return { control };
  throw validationError(`x-slipstream-control must be bypass or refresh, got '${control}'`);
}

const NO_OPTIONS: ExecuteOptions = Object.freeze({});

/**
 * Refuses a call that this proxy itself has sent: its backing address leads, perhaps by a load balancer, back to it, and
 * the call would go round until memory ends.
 */
export function refuseOwnCall(via: string | undefined, instance: string): void {
  if (via?.includes(instance) === true) {
    throw new SlipstreamError(
      'SLIPSTREAM_BACKING_IS_SELF',
      'this call was sent by the proxy that received it: --backing leads back to the proxy',
    );
  }
}

/**
 * Refuses a call of a near cache that follows another process than this one, by way of a balancer, or because this one has
 * taken the other's place: what is answered here may be from before what that one has told (I3, I6).
 */
export function refuseOtherNode(node: string | undefined, instance: string): void {
  if (node === undefined || node === instance) return;
  throw new ServiceError('ServiceUnavailable', 'the caller follows another node than this one', { status: 421 });
}
