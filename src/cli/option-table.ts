/**
 * The one table of options. From a row come the flag, the environment variable (the flag's name, in capitals, after
 * `SLIPSTREAM_`), the key in the config file (the row's name), the default, the limits and the help text.
 *
 * It imports nothing heavy, for `health` and `flush` to be quick; so the store's defaults are written down here as well.
 */
import { acceleratorDefaults } from '../accelerator/options.ts';
import { doorDefaults } from '../proxy/limits.ts';
import { proxyDefaults } from '../proxy/proxy.ts';
import { logLevels } from '../base/log.ts';
import {
  backingStore,
  bytes,
  count,
  duration,
  flag,
  oneOf,
  port,
  share,
  text,
  ttlOverrides,
  url,
  words,
} from './option-values.ts';
import { DAY_MS, DOORS, option, SERVE } from './option-row.ts';
import type { CommandName, OptionRow } from './option-row.ts';
import { storeOptions } from './store-options.ts';

const ASKS_ADMIN: readonly CommandName[] = ['flush', 'health'];
const KIB = 1024;

export const optionTable = {
  config: option('config', {
    kind: text,
    default: undefined,
    placeholder: '<file>',
    in: DOORS,
    help: 'JSON file with options by the names that --print-config shows',
  }),
  httpPort: option('http-port', {
    kind: port,
    default: proxyDefaults.httpPort,
    placeholder: '<port>',
    aliases: ['port'],
    in: DOORS,
    help: "Port of DynamoDB's API over HTTP",
  }),
  daxPort: option('dax-port', {
    kind: port,
    default: proxyDefaults.daxPort,
    placeholder: '<port>',
    in: SERVE,
    help: "Port of Amazon DAX's protocol",
  }),
  daxTlsPort: option('dax-tls-port', {
    kind: port,
    default: proxyDefaults.daxTlsPort,
    placeholder: '<port>',
    in: SERVE,
    help: "Port of Amazon DAX's protocol over TLS; opened when there is a certificate",
  }),
  daxTlsCert: option('dax-tls-cert', {
    kind: text,
    default: undefined,
    placeholder: '<file>',
    in: SERVE,
    help: 'PEM file with the certificate of daxs://, and those that stand between it and its root',
  }),
  daxTlsKey: option('dax-tls-key', {
    kind: text,
    default: undefined,
    placeholder: '<file>',
    in: SERVE,
    help: 'PEM file with the private key of --dax-tls-cert',
  }),
  daxAdvertise: option('dax-advertise', {
    kind: text,
    default: undefined,
    placeholder: '<host[:port]>',
    in: SERVE,
    help: 'Address that DAX clients are told to connect to; without it, the one by which they came',
  }),
  adminPort: option('admin-port', {
    kind: port,
    default: proxyDefaults.adminPort,
    placeholder: '<port>',
    in: SERVE,
    help: 'Port of /healthz, /readyz, /metrics and /flush',
  }),
  host: option('host', {
    kind: text,
    default: proxyDefaults.host,
    placeholder: '<address>',
    in: DOORS,
    help: 'Address to listen on; 0.0.0.0 for all of this machine',
  }),
  adminHost: option('admin-host', {
    kind: text,
    default: proxyDefaults.adminHost,
    placeholder: '<address>',
    in: SERVE,
    help: 'Address of the admin door, whatever --host says',
  }),
  backing: option('backing', {
    kind: backingStore,
    default: 'embedded',
    placeholder: '<embedded|url>',
    in: SERVE,
    help: 'Where the tables are: the embedded store, or the address of DynamoDB or of what speaks its API',
  }),
  backingTimeoutMs: option('backing-timeout', {
    kind: duration(1, DAY_MS),
    default: 10_000,
    placeholder: '<duration>',
    in: SERVE,
    help: 'Longest wait for the answer of a backing store that is reached by its address',
  }),
  backingQueueMs: option('backing-queue', {
    kind: duration(1, DAY_MS),
    default: 1_000,
    placeholder: '<duration>',
    in: SERVE,
    help: 'Longest wait of a call for a free connection to that store; a call that waits longer is throttled, and not sent',
  }),
  region: option('region', {
    kind: text,
    default: undefined,
    placeholder: '<region>',
    in: DOORS,
    help: 'AWS region of signatures and of the health text; from --backing or AWS_REGION, or us-east-1',
  }),
  ...storeOptions,
  demo: option('demo', {
    kind: flag,
    default: undefined,
    in: SERVE,
    help: 'Load the demo table Movies into the embedded store; without it, only into a new data directory',
  }),
  itemTtlMs: option('item-ttl', {
    kind: duration(0, 365 * DAY_MS),
    default: acceleratorDefaults.itemTtlMs,
    placeholder: '<duration>',
    aliases: ['record-ttl-millis', 'item-ttl-ms'],
    in: SERVE,
    help: 'Lifetime of a cached item; 0: until it is evicted',
  }),
  queryTtlMs: option('query-ttl', {
    kind: duration(0, 365 * DAY_MS),
    default: acceleratorDefaults.queryTtlMs,
    placeholder: '<duration>',
    aliases: ['query-ttl-millis', 'query-ttl-ms'],
    in: SERVE,
    help: 'Lifetime of a cached page of Query or Scan; 0: pages are not cached',
  }),
  negativeTtlMs: option('negative-ttl', {
    kind: duration(0, 365 * DAY_MS),
    default: acceleratorDefaults.negativeTtlMs,
    placeholder: '<duration>',
    aliases: ['negative-ttl-ms'],
    in: SERVE,
    help: 'Lifetime of a cached absence; 0: absences are not cached',
  }),
  ttls: option('ttls', {
    kind: ttlOverrides,
    default: undefined,
    placeholder: '<json>',
    in: SERVE,
    help: 'Other lifetimes for a table, or for one of its indexes (table/index)',
  }),
  itemCacheBytes: option('item-cache', {
    kind: bytes(0),
    default: acceleratorDefaults.itemCacheBytes,
    placeholder: '<size>',
    aliases: ['item-cache-bytes'],
    in: SERVE,
    help: 'Memory for cached items',
  }),
  queryCacheBytes: option('query-cache', {
    kind: bytes(0),
    default: acceleratorDefaults.queryCacheBytes,
    placeholder: '<size>',
    aliases: ['query-cache-bytes'],
    in: SERVE,
    help: 'Memory for cached pages',
  }),
  entryBytesMax: option('entry-bytes-max', {
    kind: bytes(0),
    default: acceleratorDefaults.entryBytesMax,
    placeholder: '<size>',
    in: SERVE,
    help: 'Largest answer that is cached',
  }),
  mutationLogMs: option('mutation-log', {
    kind: duration(100, DAY_MS),
    default: acceleratorDefaults.mutationLogMs,
    placeholder: '<duration>',
    aliases: ['mutation-log-ms'],
    in: SERVE,
    help: 'How long a change is remembered: longer than replica lag, index lag and the longest read of the store',
  }),
  mutationLogBytes: option('mutation-log-bytes', {
    kind: bytes(64 * KIB),
    default: acceleratorDefaults.mutationLogBytes,
    placeholder: '<size>',
    in: SERVE,
    help: "Memory for one table's remembered changes",
  }),
  maxStalenessMs: option('max-staleness', {
    kind: duration(100, DAY_MS),
    default: acceleratorDefaults.maxStalenessMs,
    placeholder: '<duration>',
    aliases: ['max-staleness-ms'],
    in: SERVE,
    help: "A table's entries are served only while its change feed was caught up within this time",
  }),
  onFeedLoss: option('on-feed-loss', {
    kind: oneOf('pass', 'ttl'),
    default: acceleratorDefaults.onFeedLoss,
    placeholder: '<pass|ttl>',
    in: SERVE,
    help: 'While the feed is lost: pass reads through to the store, or serve by lifetime alone',
  }),
  staleIfErrorMs: option('stale-if-error', {
    kind: duration(0, DAY_MS),
    default: acceleratorDefaults.staleIfErrorMs,
    placeholder: '<duration>',
    in: SERVE,
    help: 'While the store gives no answer, serve what was cached, up to so long after its end, marked as stale; 0: never',
  }),
  auditRate: option('audit', {
    kind: share,
    default: acceleratorDefaults.auditRate,
    placeholder: '<share>',
    in: SERVE,
    help: 'Share of the hits that is compared with a strong read of the store; /metrics tells what came of it',
  }),
  enableStreams: option('enable-streams', {
    kind: flag,
    default: false,
    in: SERVE,
    help: 'Enable a stream (new and old images) on tables of the backing store that have none, when they are first met',
  }),
  auth: option('auth', {
    kind: oneOf('none', 'sigv4'),
    default: 'none',
    placeholder: '<none|sigv4>',
    in: DOORS,
    help: 'Take calls of anyone, or only those that are signed with one of --credentials for the region of --region or --backing',
  }),
  credentials: option('credentials', {
    kind: text,
    default: undefined,
    placeholder: '<file>',
    in: DOORS,
    help: 'For --auth sigv4: JSON file [{"accessKeyId":"…","secretAccessKey":"…"}, …], with a "sessionToken" where there is one',
  }),
  workers: option('workers', {
    kind: count(1, 256),
    default: 1,
    placeholder: '<count>',
    in: SERVE,
    help: 'Processes behind one port, each with caches of its own; more than one need a store at an address (--backing)',
  }),
  cors: option('cors', {
    kind: words,
    default: [],
    placeholder: '<pages>',
    in: DOORS,
    help: 'Pages that may call from a browser, such as http://localhost:5173; * for any',
  }),
  requestBytesMax: option('request-bytes-max', {
    kind: bytes(KIB),
    default: doorDefaults.requestBytesMax,
    placeholder: '<size>',
    in: DOORS,
    help: 'Largest body of a request',
  }),
  connectionsMax: option('connections-max', {
    kind: count(1, 1_000_000),
    default: doorDefaults.connectionsMax,
    placeholder: '<count>',
    in: DOORS,
    help: 'Connections that may be open; one more is told so, and ended',
  }),
  inFlightMax: option('in-flight-max', {
    kind: count(1, 1_000_000),
    default: doorDefaults.inFlightMax,
    placeholder: '<count>',
    in: DOORS,
    help: 'Calls that may wait for their answer; one more is throttled',
  }),
  busyPollMs: option('busy-poll', {
    kind: duration(0, 1_000),
    default: 0,
    placeholder: '<duration>',
    in: DOORS,
    help: 'Keep a core awake for the next call, so long after one has come: nothing waits for it to be woken; 0: never',
  }),
  drainTimeoutMs: option('drain-timeout', {
    kind: duration(0, DAY_MS),
    default: doorDefaults.drainTimeoutMs,
    placeholder: '<duration>',
    in: DOORS,
    help: 'On SIGTERM: longest wait for calls in flight to be answered',
  }),
  logLevel: option('log-level', {
    kind: oneOf(...logLevels),
    default: 'info',
    placeholder: '<level>',
    in: DOORS,
    help: 'What is logged on stderr',
  }),
  endpoint: option('endpoint', {
    kind: url,
    default: 'http://127.0.0.1:8000',
    placeholder: '<url>',
    in: ['warm'],
    help: "Address of the proxy's HTTP door",
  }),
  adminUrl: option('admin-url', {
    kind: url,
    default: 'http://127.0.0.1:8110',
    placeholder: '<url>',
    in: ASKS_ADMIN,
    help: "Address of the proxy's admin door",
  }),
} as const;

export type OptionTable = typeof optionTable;
export type OptionName = keyof OptionTable;
export type Options = { readonly [Name in OptionName]: OptionTable[Name]['default'] };

export const optionRows = Object.entries(optionTable) as [OptionName, OptionRow<unknown>][];

export function envNameOf(row: OptionRow<unknown>): string {
  return `SLIPSTREAM_${row.flag.toUpperCase().replaceAll('-', '_')}`;
}
