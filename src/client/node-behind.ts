/** The Slipstream node behind a near cache: the link to it, what it tells, and the way of the calls. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { systemClock } from '../base/clock.ts';
import { SlipstreamError } from '../base/errors.ts';
import { ProxyFeed } from '../feed/proxy-feed.ts';
import type { LinkState } from '../feed/proxy-link.ts';
import { ProxyLink } from '../feed/proxy-link.ts';
import { connectTo } from '../feed/proxy-socket.ts';
import type { ClientCacheOptions } from './cache-options.ts';
import { configuredEndpointOf } from './configured-endpoint.ts';
import { ProxyRoute } from './proxy-route.ts';

/** How the link to the proxy stands. */
export interface ProxyStatus {
  readonly state: LinkState;
  /** The id of the proxy that was followed last. */
  readonly node: string | undefined;
  /** Why it is not followed now. */
  readonly failure: SlipstreamError | undefined;
}

export class NodeBehind {
  readonly feed: ProxyFeed;
  readonly route: ProxyRoute;
  readonly #link: ProxyLink;

  constructor(client: DynamoDBClient, { proxy: address, clock = systemClock, mutationLogMs }: ClientCacheOptions) {
    const url = address === undefined ? undefined : new URL(address);
    const { config } = client;
    const connect = connectTo({
      url: async () => url ?? ownEndpointOf(client),
      region: () => config.region(),
      credentials: () => config.credentials(),
      clock,
    });
    this.#link = new ProxyLink({ connect, clock, ...(mutationLogMs !== undefined && { recentMs: mutationLogMs }) });
    this.feed = new ProxyFeed(this.#link, clock);
    this.route = new ProxyRoute({ url, link: this.#link, clock });
    this.route.lay(client);
  }

  get status(): ProxyStatus {
    const { state, node, failure } = this.#link;
    return { state, node, failure };
  }

  /** True while all that is read comes from the node that is followed. */
  get isFollowed(): boolean {
    return this.#link.state === 'live';
  }

  /** What makes it impossible to do as the options say; a node that is away does not. */
  get fault(): SlipstreamError | undefined {
    const { failure } = this.#link;
    return failure?.code === 'SLIPSTREAM_BAD_OPTION' ? failure : undefined;
  }
}

async function ownEndpointOf(client: DynamoDBClient): Promise<URL> {
  const endpoint = await configuredEndpointOf(client.config);
  if (endpoint === undefined) {
    const message =
      "cache.feed 'proxy' needs cache.proxy, the address of a Slipstream proxy, or an endpoint that is one";
    throw new SlipstreamError('SLIPSTREAM_BAD_OPTION', message);
  }
  if (typeof endpoint === 'string') return new URL(endpoint);
  const { protocol, hostname, port } = endpoint;
  return new URL(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`);
}
