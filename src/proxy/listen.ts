/** Opens a listener, and says in the user's own words why it could not. */
import type { AddressInfo, Server } from 'node:net';
import { SlipstreamError } from '../base/errors.ts';
import type { SlipstreamErrorCode } from '../base/errors.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** The option that a user would change, such as `--http-port`. */
  readonly option: string;
}

/**
 * Resolves with the port once the server accepts connections.
 *
 * @throws {SlipstreamError} SLIPSTREAM_PORT_IN_USE, or SLIPSTREAM_BAD_OPTION for an address that is not this machine's or
 *   a port that needs more rights.
 */
export function listen(server: Server, { host, port, option }: ListenOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => reject(explain(error, host, port, option));
    server.once('error', onError);
    server.listen({ host, port }, () => {
      server.off('error', onError);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function explain(error: NodeJS.ErrnoException, host: string, port: number, option: string): Error {
  const explained = (code: SlipstreamErrorCode, message: string) =>
    new SlipstreamError(code, message, { cause: error });
  const code = error.code ?? '';
  if (code === 'EADDRINUSE') {
    return explained(
      'SLIPSTREAM_PORT_IN_USE',
      `${option} ${port}: another process listens on ${host}:${port}; choose another port, or 0 for a free one`,
    );
  }
  if (code === 'EACCES') {
    return explained(
      'SLIPSTREAM_BAD_OPTION',
      `${option} ${port}: this user may not listen on ${host}:${port}; choose a port above 1023, or 0 for a free one`,
    );
  }
  if (['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN'].includes(code)) {
    return explained(
      'SLIPSTREAM_BAD_OPTION',
      `${host} is no address of this machine (to listen there was asked beside ${option}); use 127.0.0.1, 0.0.0.0 or one of its own`,
    );
  }
  return error;
}

/** A URL that reaches a listener from this machine: a wildcard is no address to connect to. */
export function urlOf(host: string, port: number): string {
  const reachable = host === '0.0.0.0' || host === '' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
