/**
 * The way of a client's calls: through the Slipstream node while the link to it is live, to the client's own endpoint while it
 * is not. A call that the node could not answer goes to that endpoint at once, so that no caller sees an error that DynamoDB
 * alone would not have given; the longest that it hangs is the time after which a silent link counts as lost.
 *
 * What was written past the node is told to it before anything is asked through it again, or this client would be shown the
 * state before its own write (I3).
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { isForKeeping, tablesWritten } from '../accelerator/node-behind-rules.ts';
import type { Clock } from '../base/clock.ts';
import type { ProxyLink } from '../feed/proxy-link.ts';
import { linkDefaults } from '../feed/proxy-link.ts';
import { NODE_HEADER } from '../wire/feed-messages.ts';
import { ServiceRequest } from '../model/service-call.ts';
import type { SdkMiddleware, SdkStack } from './commands.ts';
import { NodeHandler, portOf } from './node-handler.ts';
import type { SdkRequestHandler } from './node-handler.ts';

/** The SDK's HTTP request, as far as it is changed here. */
interface HttpRequest {
  readonly headers: Readonly<Record<string, string>>;
}

interface HttpArguments {
  readonly input: object;
  readonly request: HttpRequest;
}

interface HttpResult {
  readonly output: object;
  readonly response?: { readonly headers?: Readonly<Record<string, string>> };
}

type Next = (args: HttpArguments) => Promise<HttpResult>;

/** An error of the SDK, with the response in it where there was one. */
interface SdkError {
  readonly name?: string;
  readonly $metadata?: { readonly httpStatusCode?: number | undefined };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

type Outcome = { readonly result: HttpResult } | { readonly error: SdkError };

/** Inside of the SDK's retries and before it signs, for the signature covers the host. */
const place = {
  name: 'slipstreamRoute',
  relation: 'before',
  toMiddleware: 'httpSigningMiddleware',
  override: true,
} as const;

export interface ProxyRouteOptions {
  /** Undefined where the client's own endpoint is the node: there is nowhere else to go. */
  readonly url: URL | undefined;
  readonly link: ProxyLink;
  readonly clock: Clock;
}

export class ProxyRoute {
  readonly #url: URL | undefined;
  readonly #link: ProxyLink;
  readonly #clock: Clock;
  readonly #uncertain = new WeakSet();
  readonly #ages = new WeakMap<object, number>();

  constructor({ url, link, clock }: ProxyRouteOptions) {
    this.#url = url;
    this.#link = link;
    this.#clock = clock;
  }

  /** True while calls go through the node. */
  get isOpen(): boolean {
    return this.#link.state === 'live';
  }

  /**
   * True of an output or an error of the SDK that came from past the node when the node had been asked before: a write may
   * have been applied twice, and a read may show less than the node has told of. The same holds of a read that the node has
   * answered and that is not for keeping (`node-behind-rules.ts`).
   */
  isUncertain(outcome: object): boolean {
    return this.#uncertain.has(outcome);
  }

  /** How old the node's answer was when it was given, in milliseconds. */
  ageMsOf(output: object): number | undefined {
    return this.#ages.get(output);
  }

  /** Puts the route under a client. */
  lay(client: DynamoDBClient): void {
    (client.middlewareStack as unknown as SdkStack).addRelativeTo(this.#middleware as unknown as SdkMiddleware, place);
    if (this.#url === undefined) return;
    const handler = new NodeHandler({
      url: this.#url,
      other: client.config.requestHandler as unknown as SdkRequestHandler,
      clock: this.#clock,
    });
    client.config.requestHandler = handler as unknown as typeof client.config.requestHandler;
    let lostNode: string | undefined;
    this.#link.listen({
      onLive: () => {
        if (this.#link.node === lostNode) handler.keep();
        else handler.moveOn();
      },
      onLost: (why, isGivenUp) => {
        lostNode = this.#link.node;
        // A node that goes away ends what it has begun: were its writes repeated past it at once, they would be done twice.
        if (isGivenUp) handler.abandon(why);
        else handler.abandonAfter(linkDefaults.silenceMs, why);
      },
    });
  }

  readonly #middleware = (next: Next, context: object) => async (args: HttpArguments) => {
    const { commandName } = context as { readonly commandName?: string };
    const operation = commandName?.replace(/Command$/, '') ?? '';
    const isElsewhere = this.#url !== undefined;
    if (isElsewhere) {
      // Only the first calls of a client wait here, until it is known whether the node is there.
      await this.#link.settled();
      if (!this.isOpen) return resultOf(await this.#askPast(next, args, operation, false));
    }
    const { node } = this.#link;
    const outcome = await outcomeOf(next(this.#addressed(args)));
    if (isElsewhere && 'error' in outcome && isOfNode(outcome.error)) {
      return resultOf(await this.#askPast(next, args, operation, true));
    }
    const written = tablesChanged(args.input, operation, outcome);
    // The node was told to go while it did this, and another one may have cached the state before: as if written past that.
    if (written.length > 0 && (!this.isOpen || this.#link.node !== node)) await this.#link.noteWrites(written);
    else this.#link.rememberWrites(written);
    return this.#noteCache(resultOf(outcome), operation);
  };

  #addressed(args: HttpArguments): HttpArguments {
    if (this.#url === undefined) return args;
    return { ...args, request: addressedTo(this.#url, this.#link.node as string, args.request) };
  }

  #noteCache(result: HttpResult, operation: string): HttpResult {
    const { 'x-slipstream-age': age, 'x-slipstream-cache': cache } = result.response?.headers ?? {};
    if (age !== undefined) this.#ages.set(result.output, Number(age));
    if (!isForKeeping(operation, cache)) this.#uncertain.add(result.output);
    return result;
  }

  async #askPast(next: Next, args: HttpArguments, operation: string, isRepeated: boolean): Promise<Outcome> {
    const outcome = await outcomeOf(next(args));
    if (isRepeated) this.#uncertain.add('error' in outcome ? outcome.error : outcome.result.output);
    // A refusal says nothing of an attempt before it.
    await this.#link.noteWrites(tablesChanged(args.input, operation, isRepeated ? undefined : outcome));
    return outcome;
  }
}

/** The tables that a call may have changed; none where its outcome says that it has not. */
function tablesChanged(input: object, operation: string, outcome: Outcome | undefined): readonly string[] {
  const wasRefused = outcome !== undefined && 'error' in outcome && isRefusal(outcome.error);
  return tablesWritten(ServiceRequest.fromInput(operation, input), wasRefused);
}

function outcomeOf(answer: Promise<HttpResult>): Promise<Outcome> {
  return answer.then(
    (result) => ({ result }),
    (error: unknown) => ({ error: error as SdkError }),
  );
}

function resultOf(outcome: Outcome): HttpResult {
  if ('error' in outcome) throw outcome.error as Error;
  return outcome.result;
}

/**
 * The node itself has failed the call or refused it (an answer of the store comes with what the cache did), or nothing came
 * from it at all. The caller's own abort is neither.
 */
function isOfNode({ name, $metadata, $response }: SdkError): boolean {
  if (name === 'AbortError') return false;
  if ($metadata?.httpStatusCode === undefined) return true;
  return $response?.headers?.['x-slipstream-cache'] === undefined;
}

/** The store did not do it. */
function isRefusal({ $metadata }: SdkError): boolean {
  const status = $metadata?.httpStatusCode ?? 0;
  return status >= 400 && status < 500;
}

function addressedTo(url: URL, node: string, request: HttpRequest): HttpRequest {
  const copy = Object.create(Object.getPrototypeOf(request) as object) as HttpRequest;
  const port = portOf(url);
  return Object.assign(copy, request, {
    protocol: url.protocol,
    hostname: url.hostname,
    port: port === 0 ? undefined : port,
    path: url.pathname,
    headers: { ...request.headers, host: url.host, [NODE_HEADER]: node },
  });
}
