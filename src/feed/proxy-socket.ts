/** The WebSocket under a `ProxyLink`: signed as a call would be, for the node decides by the same rule who may follow it. */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { RawData } from 'ws';
import type { Clock } from '../base/clock.ts';
import { SlipstreamError } from '../base/errors.ts';
import { FEED_PATH, FEED_PROTOCOL } from '../wire/feed-messages.ts';
import { signRequest, SigningKeys } from '../wire/sigv4.ts';
import type { Credentials } from '../wire/sigv4.ts';
import type { Connect } from './proxy-link.ts';
import { lost } from './proxy-link.ts';

export interface ProxySocketOptions {
  /** Address of the node's HTTP door, such as `http://cache.internal:8000`. */
  readonly url: () => Promise<URL>;
  readonly region: () => Promise<string>;
  readonly credentials: () => Promise<Credentials>;
  readonly clock: Clock;
}

/** Two images of 400 KB, as JSON writes them at worst. */
const MESSAGE_BYTES_MAX = 8 * 1024 * 1024;
const REFUSAL_BYTES_MAX = 16 * 1024;
const NO_BODY = Buffer.alloc(0);

type Handlers = Parameters<Connect>[0];

export function connectTo(options: ProxySocketOptions): Connect {
  const keys = new SigningKeys();
  return (handlers) => {
    let webSocket: WebSocket | undefined;
    let socket: Socket | undefined;
    let isClosed = false;
    let isAwaited = false;
    const hold = () => void (isAwaited ? socket?.ref() : socket?.unref());
    const end = (why: SlipstreamError): void => {
      if (!isClosed) handlers.onEnd(why);
      isClosed = true;
    };
    sign(options, keys).then(
      ({ url, headers }) => {
        if (isClosed) return;
        webSocket = open(url, headers, { onText: handlers.onText, onEnd: end });
        webSocket.on('upgrade', (response) => {
          ({ socket } = response);
          hold();
        });
      },
      (error: unknown) => {
        end(error instanceof SlipstreamError ? error : lost('no credentials to follow the node with', error));
      },
    );
    return {
      send: (text) => webSocket?.send(text),
      close: () => {
        isClosed = true;
        webSocket?.terminate();
      },
      hold: (now) => {
        isAwaited = now;
        hold();
      },
    };
  };
}

async function sign(options: ProxySocketOptions, keys: SigningKeys) {
  const url = await options.url();
  const request = { method: 'GET', path: FEED_PATH, query: '', headers: { host: url.host }, body: NO_BODY };
  const scope = { region: await options.region(), service: 'dynamodb' };
  const headers = signRequest(request, await options.credentials(), scope, options.clock.wallMs(), keys);
  return { url, headers };
}

function open(url: URL, headers: Record<string, string>, { onText, onEnd }: Handlers): WebSocket {
  const address = new URL(FEED_PATH, url);
  address.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const webSocket = new WebSocket(address, FEED_PROTOCOL, {
    headers,
    perMessageDeflate: false,
    maxPayload: MESSAGE_BYTES_MAX,
  });
  webSocket.on('message', (bytes: RawData) => onText((bytes as Buffer).toString('utf8')));
  webSocket.on('unexpected-response', (_request, response) => {
    refusalIn(response).then(onEnd, (error: unknown) => onEnd(lost('the node refused, and did not say why', error)));
  });
  webSocket.on('error', (error) => onEnd(lost(`the link to ${url.origin} failed: ${error.message}`, error)));
  webSocket.on('close', (_code, reason) => {
    onEnd(lost(`the link to ${url.origin} has ended${reason.length > 0 ? `: ${reason.toString('utf8')}` : ''}`));
  });
  return webSocket;
}

/** What a node, or whatever else stands at that address, says instead of `101 Switching Protocols`. */
async function refusalIn(response: IncomingMessage): Promise<SlipstreamError> {
  const { statusCode: status = 0 } = response;
  let text = '';
  for await (const chunk of response) {
    text += (chunk as Buffer).toString('utf8');
    if (text.length > REFUSAL_BYTES_MAX) break;
  }
  if (status === 426) {
    const said = `cache.proxy cannot be followed by this version of Slipstream (${FEED_PROTOCOL}): ${text}; run the same version on both sides`;
    return new SlipstreamError('SLIPSTREAM_VERSION_MISMATCH', said);
  }
  if (status === 400 || status === 401 || status === 403) {
    return new SlipstreamError('SLIPSTREAM_NOT_AUTHORISED', `the node does not let this client follow it: ${text}`);
  }
  if (status === 503) return lost(`the node takes no more near caches: ${text}`);
  return new SlipstreamError(
    'SLIPSTREAM_VERSION_MISMATCH',
    `what answers at cache.proxy is no Slipstream proxy that can be followed (HTTP ${status})`,
  );
}
