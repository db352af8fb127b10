/**
 * Options of the embedded store: where its data is, how its tables and streams behave, and what goes wrong by choice. DynamoDB
 * Local's own flags are among them.
 *
 * It imports nothing of the store, as `option-table.ts` says why.
 */
import { DAY_MS, DOORS, option } from './option-row.ts';
import { bytes, count, duration, flag, latency, oneOf, share, text } from './option-values.ts';

const MIB = 2 ** 20;

export const storeOptions = {
  data: option('data', {
    kind: text,
    default: '.slipstream',
    placeholder: '<directory>',
    aliases: ['db-path', 'path'],
    in: DOORS,
    help: 'Directory of the embedded store',
  }),
  inMemory: option('in-memory', {
    kind: flag,
    default: false,
    in: DOORS,
    help: 'Keep the embedded store in memory; nothing is left at the end',
  }),
  durability: option('durability', {
    kind: oneOf('process', 'power'),
    default: 'process',
    placeholder: '<process|power>',
    in: DOORS,
    help: 'What an acknowledged write of the embedded store survives: the end of the process, or of the machine too',
  }),
  createTableMs: option('create-table-ms', {
    kind: duration(0, DAY_MS),
    default: 0,
    placeholder: '<duration>',
    in: DOORS,
    help: 'How long a new table stays in CREATING',
  }),
  updateTableMs: option('update-table-ms', {
    kind: duration(0, DAY_MS),
    default: 0,
    placeholder: '<duration>',
    in: DOORS,
    help: 'How long a changed table stays in UPDATING',
  }),
  deleteTableMs: option('delete-table-ms', {
    kind: duration(0, DAY_MS),
    default: 0,
    placeholder: '<duration>',
    in: DOORS,
    help: 'How long a deleted table stays in DELETING',
  }),
  expirySweepMs: option('expiry-sweep', {
    kind: duration(10, DAY_MS),
    default: 1_000,
    placeholder: '<duration>',
    in: DOORS,
    help: 'How often the embedded store looks for items whose time to live is over',
  }),
  transactionConflicts: option('transaction-conflicts', {
    kind: oneOf('reject', 'serialise'),
    default: 'reject',
    placeholder: '<reject|serialise>',
    in: DOORS,
    help: 'Refuse a write that meets an unfinished transaction of the embedded store, as DynamoDB does, or apply it after',
  }),
  streamShards: option('stream-shards', {
    kind: count(1, 1_000),
    default: 1,
    placeholder: '<count>',
    in: DOORS,
    help: "Shards of a new stream of the embedded store, by the hash of an item's partition key",
  }),
  streamShardsMax: option('stream-shards-max', {
    kind: count(1, 1_000),
    default: undefined,
    placeholder: '<count>',
    in: DOORS,
    help: 'A shard that rolls is split in two while its stream has fewer open shards; as --stream-shards, if not given',
  }),
  shardRollMs: option('shard-roll', {
    kind: duration(0, DAY_MS),
    default: 4 * 3_600_000,
    placeholder: '<duration>',
    aliases: ['shard-roll-ms'],
    in: DOORS,
    help: 'How long a shard takes records before its children follow it, 10ms or more; 0: as long as its stream',
  }),
  sharedDb: option('shared-db', {
    kind: flag,
    default: true,
    in: ['store'],
    help: 'One database for all credentials and regions; always so, taken for the scripts that ask for it',
  }),
  delayTransientStatuses: option('delay-transient-statuses', {
    kind: flag,
    default: false,
    in: ['store'],
    help: 'Let tables stay in CREATING, UPDATING and DELETING for one second where no other time is given',
  }),
  optimizeDbBeforeStartup: option('optimize-db-before-startup', {
    kind: flag,
    default: false,
    in: ['store'],
    help: 'Nothing to do for this store; taken for the scripts that ask for it',
  }),
  disableTelemetry: option('disable-telemetry', {
    kind: flag,
    default: true,
    in: ['store'],
    help: 'Nothing is ever sent anywhere; taken for the scripts that ask for it',
  }),
  replicaLagMs: option('replica-lag', {
    kind: duration(0, DAY_MS),
    default: 0,
    placeholder: '<duration>',
    aliases: ['replica-lag-ms'],
    in: DOORS,
    help: 'Answer eventually consistent reads of the embedded store from a state up to this old',
  }),
  indexLagMs: option('index-lag', {
    kind: duration(0, DAY_MS),
    default: 0,
    placeholder: '<duration>',
    aliases: ['index-lag-ms'],
    in: DOORS,
    help: 'Let global indexes of the embedded store trail their tables by up to this long',
  }),
  lagBytesMax: option('lag-bytes-max', {
    kind: bytes(0),
    default: 64 * MIB,
    placeholder: '<size>',
    in: DOORS,
    help: 'Memory for what rows were before, with a lag; when it is full the lag gets shorter',
  }),
  latency: option('latency', {
    kind: latency,
    default: undefined,
    placeholder: '<ms[,jitter]>',
    in: DOORS,
    help: 'Delay every answer of the embedded store by this long, and by up to the jitter more',
  }),
  errorRate: option('error-rate', {
    kind: share,
    default: 0,
    placeholder: '<share>',
    in: DOORS,
    help: 'Share of the calls on items and streams that the embedded store fails with 500 or 503; half of the writes among them take effect',
  }),
  throttleRate: option('throttle', {
    kind: count(0, 1_000_000),
    default: 0,
    placeholder: '<rate>',
    in: DOORS,
    help: 'Calls on items a second above which the embedded store throttles them; 0: no limit',
  }),
  seed: option('seed', {
    kind: count(0, 2 ** 32 - 1),
    default: undefined,
    placeholder: '<number>',
    in: DOORS,
    help: 'Draw lags and faults from this seed; without it, from one that the log tells',
  }),
} as const;
