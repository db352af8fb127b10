/**
 * The address that clients are told to connect to: a client asks its seed once for the nodes, and goes to these by their
 * address, whatever name it was given. Behind a published port of a container, or address translation, that is another than
 * the one a connection came in by, and has to be said (`--dax-advertise`).
 */
import { lookup } from 'node:dns/promises';
import { isIP, SocketAddress } from 'node:net';
import { SlipstreamError } from '../base/errors.ts';

export interface Advertised {
  readonly hostname: string;
  /** Four bytes, or sixteen. */
  readonly address: Uint8Array;
  /** Undefined: the port that a connection came in by. */
  readonly port: number | undefined;
}

/**
 * @param text `host`, `host:port` or `[address]:port`.
 * @throws {SlipstreamError} SLIPSTREAM_BAD_OPTION.
 */
export async function resolveAdvertised(text: string): Promise<Advertised> {
  const [, bracketed, plain, port] =
    /^(?:\[([^\]]+)\]|([^:]+|[^[\]]*:[^[\]]*:[^[\]]*?))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const hostname = bracketed ?? plain ?? '';
  const portNumber = port === undefined ? undefined : Number(port);
  if (hostname === '' || (portNumber !== undefined && (portNumber < 1 || portNumber > 65_535))) {
    throw new SlipstreamError('SLIPSTREAM_BAD_OPTION', `--dax-advertise ${text}: give a host, or host:port`);
  }
  return { hostname, address: addressBytes(await addressOf(hostname)), port: portNumber };
}

async function addressOf(hostname: string): Promise<string> {
  if (isIP(hostname) !== 0) return hostname;
  try {
    // The oldest clients understand addresses of version 4 alone.
    return (await lookup(hostname, { verbatim: false })).address;
  } catch (error) {
    throw new SlipstreamError('SLIPSTREAM_BAD_OPTION', `--dax-advertise ${hostname}: this name has no address`, {
      cause: error,
    });
  }
}

/** The bytes of an IP address; one of version 4 that is written as one of version 6 has four. */
export function addressBytes(address: string): Uint8Array {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
  if (isIP(mapped) === 4) return Uint8Array.from(mapped.split('.').map(Number));
  // Without its zone, such as `%eth0`; the class brings every spelling into one.
  const { address: plain } = new SocketAddress({ family: 'ipv6', address: mapped.replace(/%.*$/, '') });
  const [head = '', tail] = plain.split('::');
  const before = groupsOf(head);
  const after = groupsOf(tail ?? '');
  const groups = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').flatMap(groupNumbers);
}

/** The last group of an address may be written as one of version 4. */
function groupNumbers(group: string): number[] {
  if (!group.includes('.')) return [Number.parseInt(group, 16)];
  const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
  return [(a << 8) | b, (c << 8) | d];
}
