/**
 * The bounds of the doors, all of them options. The defaults are DynamoDB's own where it states one (16 MiB a request),
 * and otherwise chosen so that no client is cut off that behaves.
 */
export interface DoorLimits {
  /** Largest request body. */
  readonly requestBytesMax?: number | undefined;
  /** Bodies that are being received, all connections together; a flood of large ones is refused, not buffered. */
  readonly receivingBytesMax?: number | undefined;
  readonly headerBytesMax?: number | undefined;
  readonly connectionsMax?: number | undefined;
  /** Calls that wait for their answer, all connections together. */
  readonly inFlightMax?: number | undefined;
  /** Longest time for a request's head, and for all of it, to arrive. */
  readonly headersTimeoutMs?: number | undefined;
  readonly requestTimeoutMs?: number | undefined;
  /** Longer than the SDKs keep an idle connection, so that they close first and never write into a closed one. */
  readonly keepAliveTimeoutMs?: number | undefined;
  /** Longest wait, on closing, for calls in flight to be answered. */
  readonly drainTimeoutMs?: number | undefined;
}

export type ResolvedLimits = { readonly [Name in keyof DoorLimits]-?: number };

const MIB = 1024 * 1024;

export const doorDefaults: ResolvedLimits = {
  requestBytesMax: 16 * MIB,
  receivingBytesMax: 256 * MIB,
  headerBytesMax: 16 * 1024,
  connectionsMax: 20_000,
  inFlightMax: 10_000,
  headersTimeoutMs: 60_000,
  requestTimeoutMs: 300_000,
  keepAliveTimeoutMs: 75_000,
  drainTimeoutMs: 10_000,
};

export function resolveLimits(limits: DoorLimits): ResolvedLimits {
  const given = Object.entries(limits).filter(([name, value]) => name in doorDefaults && value !== undefined);
  return { ...doorDefaults, ...Object.fromEntries(given) };
}
