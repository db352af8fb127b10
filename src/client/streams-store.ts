/**
 * DynamoDB Streams through the SDK, for the change feed: with the region, endpoint, credentials and sockets of the client
 * whose tables are followed. The package is loaded when a client with a streams feed is made, and only then.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type * as streamsPackage from '@aws-sdk/client-dynamodb-streams';
import type { BackingStore, SendOptions as CallOptions } from '../backing/backing-store.ts';
import { assert, SlipstreamError } from '../base/errors.ts';
import type { JsonObject, ReplyHeaders, ServiceRequest } from '../model/service-call.ts';
import { ServiceReply } from '../model/service-call.ts';
import type { SdkCommand, SdkMiddleware, SdkStack } from './commands.ts';
import { fromWire, toWire } from './convert.ts';
import { streamsEndpointOf } from './configured-endpoint.ts';
import type { ResponseMetadata } from './metadata.ts';

type StreamsPackage = typeof streamsPackage;

interface Streams {
  send(command: SdkCommand, signal: AbortSignal | undefined): Promise<object>;
  destroy(): void;
  readonly commands: Readonly<Record<string, new (input: never) => object>>;
}

const MISSING =
  "cache.feed 'streams' needs the package @aws-sdk/client-dynamodb-streams, which is not installed: run " +
  "`npm install @aws-sdk/client-dynamodb-streams`, or choose cache.feed 'none' (entries then live by TTL and own writes)";

export class StreamsStore implements BackingStore {
  readonly #owner: DynamoDBClient;
  readonly #package: Promise<StreamsPackage>;
  /** Headers by output: the feed reads the store's clock in them, which the SDK drops. */
  readonly #headers = new WeakMap<object, ReplyHeaders>();
  #streams: Promise<Streams> | undefined;
  #failure: SlipstreamError | undefined;

  constructor(owner: DynamoDBClient) {
    this.#owner = owner;
    this.#package = import('@aws-sdk/client-dynamodb-streams');
    this.#package.catch((error: unknown) => {
      this.#failure = new SlipstreamError('SLIPSTREAM_BAD_OPTION', MISSING, { cause: error });
    });
  }

  /** Set when the package is not there: no call can be answered as its user was promised. */
  get failure(): SlipstreamError | undefined {
    return this.#failure;
  }

  async send(request: ServiceRequest, options?: CallOptions): Promise<ServiceReply> {
    const streams = await (this.#streams ??= this.#open());
    const commandClass = streams.commands[request.operation];
    assert(commandClass !== undefined, `the feed asked for ${request.operation}`);
    const command = new commandClass(fromWire(request.input) as never) as SdkCommand;
    try {
      const output = await streams.send(command, options?.signal);
      const { $metadata: _metadata, ...body } = output as JsonObject;
      return ServiceReply.fromOutput(toWire(body), { headers: this.#headers.get(output) ?? {} });
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal !== undefined) return refusal;
      throw new SlipstreamError('SLIPSTREAM_CONNECTION_LOST', `no answer to ${request.operation}`, { cause: error });
    }
  }

  async close(): Promise<void> {
    const streams = await this.#streams?.catch(() => undefined);
    streams?.destroy();
  }

  async #open(): Promise<Streams> {
    const streams = await this.#package;
    const { config } = this.#owner;
    const endpoint = await streamsEndpointOf(config);
    const client = new streams.DynamoDBStreamsClient({
      region: config.region,
      credentials: config.credentials,
      requestHandler: config.requestHandler,
      maxAttempts: config.maxAttempts,
      ignoreConfiguredEndpointUrls: config.ignoreConfiguredEndpointUrls,
      logger: config.logger,
      ...(endpoint !== undefined && { endpoint }),
    });
    const stack = client.middlewareStack as unknown as SdkStack;
    const place = { name: 'slipstreamHeaders', relation: 'before', toMiddleware: 'deserializerMiddleware' };
    stack.addRelativeTo(this.#keepHeaders, place);
    return {
      send: (command, abortSignal) => client.send(command as never, abortSignal && { abortSignal }),
      destroy: () => client.destroy(),
      commands: {
        ListStreams: streams.ListStreamsCommand,
        DescribeStream: streams.DescribeStreamCommand,
        GetShardIterator: streams.GetShardIteratorCommand,
        GetRecords: streams.GetRecordsCommand,
      },
    };
  }

  readonly #keepHeaders: SdkMiddleware = (next) => async (args) => {
    const result = await next(args);
    const { response } = result as { readonly response?: { readonly headers?: ReplyHeaders } };
    if (response?.headers !== undefined) this.#headers.set(result.output, response.headers);
    return result;
  };
}

/** The reply behind an exception of the SDK; undefined when the store gave no answer. */
function refusalOf(error: unknown): ServiceReply | undefined {
  const exception = error as Error & { readonly $metadata?: ResponseMetadata };
  const status = exception.$metadata?.httpStatusCode;
  if (status === undefined || status < 400) return undefined;
  return ServiceReply.fromOutput({ __type: exception.name, message: exception.message }, { status, native: error });
}
