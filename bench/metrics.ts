/** What a proxy's admin door says of its caches. */
import type { Child } from './child.ts';

export interface CacheGauges {
  readonly entries: number;
  readonly sizeBytes: number;
}

export async function itemCacheOf(proxy: Child): Promise<CacheGauges> {
  const text = await (await fetch(`${proxy.ready.admin ?? ''}/metrics`)).text();
  const read = (name: string) => {
    const value = new RegExp(`^slipstream_${name}\\{[^}]*cache="item"[^}]*\\} (\\S+)$`, 'm').exec(text)?.[1];
    if (value === undefined) throw new Error(`/metrics has no ${name}`);
    return Number(value);
  };
  return { entries: read('cache_entries'), sizeBytes: read('cache_size_bytes') };
}
