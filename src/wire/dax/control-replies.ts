/** Answers to what a client asks of the protocol itself: nodes, keys, attribute lists. */
import type { KeySchema } from '../../model/key.ts';
import type { CborWriter } from './cbor-writer.ts';

export interface NodeEndpoint {
  readonly nodeId: number;
  /** Shown to people; clients connect to the address. */
  readonly hostname: string;
  /** Four bytes, or sixteen. */
  readonly address: Uint8Array;
  readonly port: number;
  readonly zone: string;
  /** Clients build their routes anew when it changes. */
  readonly leaderSessionId: number;
}

/** Writes go to a leader, so every node that takes writes is one. */
const LEADER = 1;

export function writeEndpoints(writer: CborWriter, endpoints: readonly NodeEndpoint[]): void {
  writer.arrayHead(endpoints.length);
  for (const { nodeId, hostname, address, port, zone, leaderSessionId } of endpoints) {
    writer.mapHead(7);
    writer.integer(0);
    writer.integer(nodeId);
    writer.integer(1);
    writer.text(hostname);
    writer.integer(2);
    writer.bytes(address);
    writer.integer(3);
    writer.integer(port);
    writer.integer(4);
    writer.integer(LEADER);
    writer.integer(5);
    writer.text(zone);
    writer.integer(6);
    writer.integer(leaderSessionId);
  }
}

export function writeKeySchema(writer: CborWriter, { partition, sort }: KeySchema): void {
  const attributes = [...partition, ...sort];
  writer.mapHead(attributes.length);
  for (const { name, type } of attributes) {
    writer.text(name);
    writer.text(type);
  }
}

export function writeNames(writer: CborWriter, names: readonly string[]): void {
  writer.arrayHead(names.length);
  for (const name of names) writer.text(name);
}
