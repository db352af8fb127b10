/** Would a proxy that listens at `host:port` be its own backing store? It must not start: each call would be its own. */
import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { SlipstreamError } from '../base/errors.ts';

const WILDCARDS = new Set(['0.0.0.0', '::']);
const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** @throws {SlipstreamError} SLIPSTREAM_BACKING_IS_SELF */
export async function refuseOwnAddress(backing: string, host: string, port: number | 'off'): Promise<void> {
  const url = new URL(backing);
  const backingPort = url.port === '' ? DEFAULT_PORTS[url.protocol] : Number(url.port);
  if (port === 'off' || port === 0 || backingPort !== port) return;
  const listening = await addressesOf(host);
  const all = listening.some((address) => WILDCARDS.has(address));
  const own = all ? machineAddresses() : new Set(listening);
  for (const address of await addressesOf(url.hostname.replace(/^\[|\]$/g, ''))) {
    if (!own.has(address) && !WILDCARDS.has(address)) continue;
    throw new SlipstreamError(
      'SLIPSTREAM_BACKING_IS_SELF',
      `--backing ${backing} is this proxy's own address (--host ${host}, --http-port ${port}); ` +
        'give the address of the store, or another port',
    );
  }
}

/** A name that cannot be resolved has no addresses: the first call will say so in its own words. */
async function addressesOf(host: string): Promise<string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}

function machineAddresses(): Set<string> {
  return new Set(
    Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address)),
  );
}
