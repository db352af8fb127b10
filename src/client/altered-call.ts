/**
 * A user's middleware may change a call on its way to the store: add an attribute to what is written, put a prefix before
 * the table's name. What the accelerator planned is then not what was done, and nothing may be cached or judged by its plan.
 *
 * So the parameters are compared where they leave the SDK's stack, and a call that was changed ends, for the accelerator, as
 * one without an answer (I5): nothing is filled, nothing installed, the key counts as recent. Its caller gets the store's
 * answer all the same, and what it really wrote is invalidated before that (I3).
 */
import type { Accelerator } from '../accelerator/accelerator.ts';
import { traitsOf } from '../model/operations.ts';
import type { JsonObject, ServiceRequest } from '../model/service-call.ts';
import type { SdkCommand, SdkMiddleware } from './commands.ts';
import { toWire } from './convert.ts';

/** Last of all: what it sees is what the request handler sends. */
export const watchPlace = {
  name: 'slipstreamParameters',
  step: 'deserialize',
  priority: 'low',
  override: true,
} as const;

/**
 * On the command, which is what the SDK's stack begins with: with `cacheMiddleware` all calls of one kind run through what
 * was made for the first of them, so that the stack itself cannot know whose call it is.
 */
const WATCH = Symbol('slipstream.watch');

export const watchParameters: SdkMiddleware = (next) => (args) => {
  (args as { readonly [WATCH]?: ParameterWatch })[WATCH]?.look(args.input);
  return next(args);
};

/** What a middleware may set without changing what is read or written. */
const HARMLESS = new Set(['ReturnConsumedCapacity', 'ReturnItemCollectionMetrics', 'ClientRequestToken']);

/** Sees the parameters of one call go out. */
export class ParameterWatch {
  readonly #expected: JsonObject;
  /** False also where a middleware answered by itself, or sent something else altogether. */
  #wentOut = false;
  /** The parameters that went out in place of those that should have. */
  altered: object | undefined;

  constructor(command: SdkCommand, expected: JsonObject) {
    this.#expected = expected;
    Object.assign(command, { [WATCH]: this });
  }

  /** An answer that the store has given to the call as it should be. */
  get isTrue(): boolean {
    return this.#wentOut && this.altered === undefined;
  }

  look(input: object): void {
    this.#wentOut = true;
    if (!sameParameters(input as Record<string, unknown>, this.#expected)) this.altered = input;
  }
}

/** What the SDK gave for an altered call, thrown through the accelerator. */
export class AlteredCall extends Error {
  /** What the accelerator asked for. */
  readonly request: ServiceRequest;
  /** The parameters that were sent, in the SDK's form, where they were seen. */
  readonly sent: object | undefined;
  readonly outcome: Promise<object>;

  constructor(request: ServiceRequest, sent: object | undefined, outcome: Promise<object>) {
    super(`the parameters of ${request.operation} were changed on the way`);
    this.request = request;
    this.sent = sent;
    this.outcome = outcome;
    // Its reader may come some ticks later, or be another one.
    outcome.catch(() => undefined);
  }
}

/**
 * What the caller of `request` gets where the call was changed.
 *
 * @param ask sends the caller's own command past the caches.
 */
export function settleAltered(
  accelerator: Accelerator,
  request: ServiceRequest,
  altered: AlteredCall,
  ask: () => Promise<object>,
): Promise<object> {
  const { operation, input } = request;
  if (!traitsOf(operation).mutates) {
    // The accelerator may have asked for more than this caller, for fewer keys, or for another caller.
    return altered.request === request ? altered.outcome : ask();
  }
  drop(accelerator, input);
  if (altered.sent !== undefined) drop(accelerator, toWire(altered.sent));
  return isAskedByUs(altered, input) ? altered.outcome.then(withoutAttributes) : altered.outcome;
}

/** Whatever the write may have touched, by the call that the accelerator planned or by the one that was sent. */
function drop(accelerator: Accelerator, parameters: JsonObject): void {
  const { TableName: table, Item: item, Key: key } = parameters;
  if (typeof table === 'string') accelerator.invalidate(table, item ?? key);
  else accelerator.flush();
}

/** The accelerator asks a write for the image that it needs; its caller asked for none. */
function isAskedByUs({ request, sent }: AlteredCall, input: JsonObject): boolean {
  const asked: unknown = request.input['ReturnValues'];
  return asked !== input['ReturnValues'] && asked === (sent as JsonObject | undefined)?.['ReturnValues'];
}

function withoutAttributes(output: object): object {
  const { Attributes: _attributes, ...rest } = output as JsonObject;
  return rest;
}

function sameParameters(sent: Readonly<Record<string, unknown>>, expected: JsonObject): boolean {
  for (const name of Object.keys({ ...expected, ...sent })) {
    if (HARMLESS.has(name) || sameValue(sent[name], expected[name])) continue;
    // A stronger read than was asked for is no harm either.
    if (name !== 'ConsistentRead' || sent[name] !== true) return false;
  }
  return true;
}

/** Compares the SDK's form with AWS JSON, without a copy of either. */
function sameValue(sent: unknown, expected: unknown): boolean {
  if (sent === expected) return true;
  if (typeof sent !== 'object' || sent === null) return false;
  if (sent instanceof Uint8Array) {
    return Buffer.from(sent.buffer, sent.byteOffset, sent.byteLength).toString('base64') === expected;
  }
  if (typeof expected !== 'object' || expected === null) return false;
  if (Array.isArray(sent)) {
    return (
      Array.isArray(expected) &&
      sent.length === expected.length &&
      sent.every((element, index) => sameValue(element, expected[index]))
    );
  }
  const [ours, theirs] = [expected as Record<string, unknown>, sent as Record<string, unknown>];
  const names = Object.keys(theirs);
  if (names.length !== Object.keys(ours).length) return false;
  return names.every((name) => Object.hasOwn(ours, name) && sameValue(theirs[name], ours[name]));
}
