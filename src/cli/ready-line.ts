import type { ProxyAddresses } from '../proxy/proxy.ts';

/**
 * The one line that ever goes to stdout: every listener is ready, and this is where. Scripts wait for it and parse it; a
 * listener that is switched off is absent.
 */
export function announce(addresses: ProxyAddresses): void {
  const { http, dax, daxs, admin } = addresses;
  process.stdout.write(`${JSON.stringify({ ready: true, http, dax, daxs, admin, pid: process.pid })}\n`);
}
