/**
 * What the address of a store says by itself: its region, whether it is AWS's own, and where its Streams API lives.
 *
 * @see https://docs.aws.amazon.com/general/latest/gr/ddb.html
 */
import { SlipstreamError } from '../base/errors.ts';

export interface Endpoints {
  /** DynamoDB's API. */
  readonly dynamodb: URL;
  /** The Streams API: a host of its own at AWS, the same address elsewhere. */
  readonly streams: URL;
  readonly region: string;
  /** True when the host is one of AWS's. */
  readonly aws: boolean;
}

export interface EndpointOptions {
  readonly url: string;
  readonly streamsUrl?: string | undefined;
  readonly region?: string | undefined;
}

const REGION_IN_HOST = /(?:^|\.)(?:dynamodb(?:-fips)?|ddb(?:-fips)?)\.([a-z]{2,}(?:-[a-z]+)+-\d+)\./;
const AWS_HOST = /\.(?:amazonaws\.com(?:\.cn)?|api\.aws)$/;
/** Public hosts; a private endpoint of a VPC has another name for Streams, which has to be given. */
const PUBLIC_HOST = /^(?:dynamodb|[0-9]+\.ddb)\.([a-z0-9-]+)\.(amazonaws\.com(?:\.cn)?)$/;

/** @throws {SlipstreamError} SLIPSTREAM_BAD_OPTION when an address is not an http or https URL. */
export function endpointsOf(options: EndpointOptions, env: NodeJS.ProcessEnv = process.env): Endpoints {
  const dynamodb = httpUrl(options.url);
  const host = dynamodb.hostname;
  const region =
    options.region ?? REGION_IN_HOST.exec(host)?.[1] ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? 'us-east-1';
  const publicHost = PUBLIC_HOST.exec(host);
  let streams = dynamodb;
  if (options.streamsUrl !== undefined) {
    streams = httpUrl(options.streamsUrl);
  } else if (publicHost !== null) {
    streams = new URL(dynamodb);
    streams.hostname = `streams.dynamodb.${publicHost[1]}.${publicHost[2]}`;
  }
  return { dynamodb, streams, region, aws: AWS_HOST.test(host) };
}

function httpUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new SlipstreamError('SLIPSTREAM_BAD_OPTION', `not a URL of a store: ${text}`, { cause });
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new SlipstreamError('SLIPSTREAM_BAD_OPTION', `a store is reached by http or https, not by ${url.protocol}`);
  }
  return url;
}
