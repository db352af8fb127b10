/**
 * DynamoDB Streams through the SDK, for the change feed: with the region, endpoint, credentials and sockets of the client
 * whose tables are followed. The package is loaded when a client with a streams feed is made, and only then.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type * as streamsPackage from '@aws-sdk/client-dynamodb-streams';
import type { BackingStore, SendOptions as CallOptions } from '../backing/backing-store.ts';
import { assert, SlipstreamError } from '../base/errors.ts';
import { ServiceReply } from '../model/service-call.ts';
import type { ServiceRequest } from '../model/service-call.ts';
import { fromWire } from './convert.ts';
import { replyFrom } from './sdk-store.ts';
import type { ResponseMetadata } from './metadata.ts';

type StreamsPackage = typeof streamsPackage;

interface LoadedStreams {
  readonly client: InstanceType<StreamsPackage['DynamoDBStreamsClient']>;
  readonly commands: Readonly<Record<string, new (input: never) => object>>;
}

const MISSING =
  "cache.feed 'streams' needs the package @aws-sdk/client-dynamodb-streams, which is not installed: " +
  "run `npm install @aws-sdk/client-dynamodb-streams`, or choose cache.feed 'none' (entries then live by TTL and own writes)";

export class StreamsStore implements BackingStore {
  readonly #owner: DynamoDBClient;
  readonly #package: Promise<StreamsPackage>;
  #loaded: Promise<LoadedStreams> | undefined;
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
    const { client, commands } = await (this.#loaded ??= this.#load());
    const commandClass = commands[request.operation];
    assert(commandClass !== undefined, `the feed asked for ${request.operation}`);
    const command = new commandClass(fromWire(request.input) as never) as Parameters<typeof client.send>[0];
    try {
      return replyFrom(
        await client.send(command, options?.signal === undefined ? {} : { abortSignal: options.signal }),
      );
    } catch (error) {
      const reply = replyOf(error);
      if (reply !== undefined) return reply;
      throw new SlipstreamError('SLIPSTREAM_CONNECTION_LOST', `no answer to ${request.operation}`, { cause: error });
    }
  }

  async close(): Promise<void> {
    const loaded = await this.#loaded?.catch(() => undefined);
    loaded?.client.destroy();
  }

  async #load(): Promise<LoadedStreams> {
    const streams = await this.#package;
    const { config } = this.#owner;
    const endpoint = await this.#endpoint();
    return {
      client: new streams.DynamoDBStreamsClient({
        region: config.region,
        credentials: config.credentials,
        requestHandler: config.requestHandler,
        maxAttempts: config.maxAttempts,
        logger: config.logger,
        ...(endpoint === undefined ? {} : { endpoint }),
      }),
      commands: {
        ListStreams: streams.ListStreamsCommand,
        DescribeStream: streams.DescribeStreamCommand,
        GetShardIterator: streams.GetShardIteratorCommand,
        GetRecords: streams.GetRecordsCommand,
      },
    };
  }

  /**
   * A store that is not AWS's answers both APIs at one address. The SDK puts an address from the environment or the
   * shared config file into the client's configuration with the first call, which has been made by now: the feed
   * describes a table before it reads its stream. An address for streams of the environment's own goes first.
   */
  async #endpoint() {
    const { AWS_ENDPOINT_URL_DYNAMODB_STREAMS: own } = process.env;
    return own ?? (await this.#owner.config.endpoint?.());
  }
}

function replyOf(error: unknown): ServiceReply | undefined {
  const exception = error as Error & { readonly $metadata?: ResponseMetadata };
  const status = exception.$metadata?.httpStatusCode;
  if (status === undefined || status < 400) return undefined;
  return ServiceReply.fromOutput({ __type: exception.name, message: exception.message }, { status, native: error });
}
