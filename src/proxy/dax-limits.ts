/** The bounds of the DAX door beside those that it shares with the HTTP door (`limits.ts`). */
import { attributeListDefaults, type AttributeListLimits } from '../wire/dax/attribute-lists.ts';
import { frameDefaults } from '../wire/dax/frame-scanner.ts';

export interface DaxLimits {
  /** How long a connection's signature is good. Clients sign again after 150 or 225 s; below 300 s they would be cut off. */
  readonly authorizationMs: number;
  /**
   * How long idle connections are kept on closing. Clients put a connection that was closed while it was idle to use without
   * noticing, and wait on it for ever; in this time they give up theirs, or meet the end with a call that they repeat.
   */
  readonly drainIdleMs: number;
  /** How long a table's description is believed before it is looked at again. */
  readonly schemaTtlMs: number;
  readonly tablesMax: number;
  /** What cached answers may take in their DAX form, beside the caches: so much of them is encoded only once. */
  readonly readyBytesMax: number;
  /** Items and nesting of one request's frame. */
  readonly frameItemsMax: number;
  readonly frameDepthMax: number;
  readonly attributeLists: AttributeListLimits;
}

export const daxDefaults: DaxLimits = {
  authorizationMs: 300_000,
  drainIdleMs: 7_000,
  schemaTtlMs: 60_000,
  tablesMax: 10_000,
  readyBytesMax: 128 * 1024 * 1024,
  frameItemsMax: frameDefaults.itemsMax,
  frameDepthMax: frameDefaults.depthMax,
  attributeLists: attributeListDefaults,
};
