/**
 * Mutated requests at a real door: captured frames with bytes changed, cut, doubled, swapped between each other. A
 * mutant that is still whole shares its connection with right requests and other mutants; any other ends it.
 */
import type { Log } from '../../src/base/log.ts';
import { silentLog } from '../../src/base/log.ts';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { ServiceRequest } from '../../src/model/service-call.ts';
import { CborReader } from '../../src/wire/dax/cbor-reader.ts';
import { FrameScanner, frameDefaults } from '../../src/wire/dax/frame-scanner.ts';
import { methods, SERVICE_ID } from '../../src/wire/dax/methods.ts';
import { atEnd, openRig, type Rig } from './dax-rig.ts';
import { endpointsRequest, hello, RawClient } from './raw-client.ts';
import { callVectors } from './vectors.ts';

/** Bytes at which CBOR's readers have their corners. */
const CORNERS = [
  0x00, 0x17, 0x1b, 0x3b, 0x5b, 0x5f, 0x7b, 0x7f, 0x9b, 0x9f, 0xbb, 0xbf, 0xc2, 0xc4, 0xd9, 0xf6, 0xfb, 0xff,
];

const requests = callVectors.map(({ request }) => Buffer.from(request, 'hex'));

export class Mutator {
  readonly #random: SeededRandom;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  next(): Buffer {
    let bytes = this.#one();
    for (let changes = 1 + this.#below(3); changes > 0; changes--) bytes = this.#change(bytes);
    return bytes;
  }

  #one(): Buffer {
    return Buffer.from(requests[this.#below(requests.length)] as Buffer);
  }

  #change(bytes: Buffer): Buffer {
    const at = this.#below(bytes.length);
    // Mostly single bytes, after which a request often still ends where it did and is looked at to its end.
    switch (this.#below(24)) {
      case 0:
        return bytes.subarray(0, at + 1);
      case 1:
        return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - this.#below(40)))]);
      case 2:
        return Buffer.concat([bytes.subarray(0, at), this.#one().subarray(this.#below(30))]);
      case 3:
        bytes[at] = this.#below(256);
        return bytes;
      case 4:
      case 5:
      case 6:
      case 7:
        bytes[at] = CORNERS[this.#below(CORNERS.length)] as number;
        return bytes;
      default:
        bytes[at] = (bytes[at] as number) ^ (1 << this.#below(8));
        return bytes;
    }
  }

  #below(limit: number): number {
    return Math.floor(this.#random.next() * limit);
  }
}

export interface FuzzCounts {
  /** The door answered, whatever it was. */
  answered: number;
  /** The door closed the connection, or waited for more, and said nothing. */
  silent: number;
}

export class FuzzRun {
  readonly rig: Rig;
  /** What the door told at level error: faults of ours. */
  readonly faults: readonly object[];
  readonly counts: FuzzCounts = { answered: 0, silent: 0 };
  /** How a right request is answered. */
  readonly #right: Buffer;
  readonly #idle: RawClient[] = [];

  private constructor(rig: Rig, faults: readonly object[], right: Buffer) {
    this.rig = rig;
    this.faults = faults;
    this.#right = right;
  }

  static async open(): Promise<FuzzRun> {
    const faults: object[] = [];
    const log: Log = { ...silentLog, error: (fields) => void faults.push(fields) };
    const rig = await openRig({ log });
    for (const table of vectorTables) await rig.store.send(ServiceRequest.fromInput('CreateTable', table));
    const client = await RawClient.connect(rig.dax);
    client.send(hello, endpointsRequest);
    client.socket.end();
    const run = new FuzzRun(rig, faults, await client.ended());
    atEnd(() => run.#idle.forEach((each) => each.close()));
    return run;
  }

  /** Sends one mutant, and waits until the door is done with it. */
  async send(mutant: Buffer): Promise<void> {
    const client = this.#idle.pop() ?? (await this.#connect());
    if (isWhole(mutant)) {
      // A right request behind it is answered, unless the connection was closed.
      client.send(mutant, endpointsRequest);
      const { bytes, isClosed } = await client.receiveTo(this.#right);
      if (!isClosed) this.#idle.push(client);
      this.#count(bytes.length > (isClosed ? 0 : this.#right.length));
      return;
    }
    // What is missing will not come: the door answers what is whole, and closes.
    client.send(mutant);
    client.socket.end();
    this.#count((await client.ended()).length > 0);
  }

  async #connect(): Promise<RawClient> {
    const client = await RawClient.connect(this.rig.dax);
    client.send(hello);
    return client;
  }

  #count(isAnswered: boolean): void {
    if (isAnswered) this.counts.answered++;
    else this.counts.silent++;
  }
}

const vectorTables = [
  { TableName: 'Tbl', keys: [['pk', 'S']] },
  {
    TableName: 'HRX',
    keys: [
      ['h', 'S'],
      ['r', 'N'],
    ],
  },
].map(({ TableName, keys }) => ({
  TableName,
  AttributeDefinitions: keys.map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
  KeySchema: keys.map(([AttributeName], i) => ({ AttributeName, KeyType: i === 0 ? 'HASH' : 'RANGE' })),
  BillingMode: 'PAY_PER_REQUEST',
}));

/** One request of the data plane and nothing behind it. */
function isWhole(bytes: Buffer): boolean {
  const scanner = new FrameScanner({ bytesMax: 16 * 1024 * 1024, ...frameDefaults });
  scanner.begin();
  scanner.expect(2);
  try {
    if (!scanner.scan(bytes)) return false;
    const reader = new CborReader(bytes);
    if (reader.integer() !== SERVICE_ID) return false;
    const method = methods.get(reader.smallInteger());
    if (method === undefined || method.control !== undefined) return false;
    scanner.expect(method.argumentCount);
    return scanner.scan(bytes) && scanner.end === bytes.length;
  } catch {
    return false;
  }
}
