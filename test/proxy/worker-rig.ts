/** Workers and their primary in one process, on one virtual clock: real accelerators over one real store, and lines between them that a test can hold. */
import { createAccelerator } from '../../src/accelerator/accelerator.ts';
import type { Accelerator, Answer } from '../../src/accelerator/accelerator.ts';
import type { AcceleratorTuning } from '../../src/accelerator/options.ts';
import { silentLog } from '../../src/base/log.ts';
import { ServiceRequest } from '../../src/model/service-call.ts';
import type { JsonObject } from '../../src/model/service-call.ts';
import { SharedAccelerator } from '../../src/proxy/shared-accelerator.ts';
import { WorkerHub } from '../../src/proxy/worker-hub.ts';
import { WorkerLink } from '../../src/proxy/worker-link.ts';
import { workerDefaults } from '../../src/proxy/worker-messages.ts';
import type { FromWorker, ToWorker } from '../../src/proxy/worker-messages.ts';
import { openStore } from '../../src/store/embedded-store.ts';
import type { EmbeddedStore } from '../../src/store/embedded-store.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { tableDefinition, TABLE_NAME } from '../support/accelerator-rig.ts';
import { GatedStore } from '../support/gated-store.ts';
import { ScriptedFeed } from '../support/scripted-feed.ts';

/** One process: what is sent to it arrives in order, when it runs. */
export class RigWorker {
  readonly id: number;
  readonly gate: GatedStore;
  readonly link: WorkerLink;
  readonly accelerator: Accelerator;
  readonly shared: SharedAccelerator;
  wasKilled = false;
  readonly #clock: VirtualClock;
  readonly #arrived: ToWorker[] = [];
  readonly #unsent: FromWorker[] = [];
  readonly #receive: (message: FromWorker) => void;
  readonly #awaited: (() => void)[] = [];
  #stands = true;

  constructor(id: number, rig: WorkerRig, stands: boolean, tuning: AcceleratorTuning) {
    this.id = id;
    const { clock, hub, store } = rig;
    this.#clock = clock;
    this.gate = new GatedStore(store);
    this.#receive = hub.join({
      id,
      send: (message) => this.#arrive(copy(message)),
      kill: () => (this.wasKilled = true),
    });
    const send = (message: FromWorker) => {
      if (this.#stands) this.#unsent.push(message);
      else this.#receive(copy(message));
    };
    this.link = new WorkerLink({ send, timing: workerDefaults, clock, log: silentLog });
    this.accelerator = createAccelerator({ backing: this.gate, feed: this.link.feed, clock, ttlJitter: 0, ...tuning });
    this.shared = new SharedAccelerator(this.accelerator, this.link);
    this.link.open(this.accelerator, {
      state: () => ({ tables: this.accelerator.tables(), inFlight: 0, connections: 0 }),
      metrics: () => Promise.resolve([]),
    });
    if (!stands) this.run();
  }

  /** From here on nothing that is sent to it is read, and nothing leaves it. */
  stand(): void {
    this.#stands = true;
  }

  run(): void {
    this.#stands = false;
    for (const message of this.#unsent.splice(0)) this.#receive(copy(message));
    this.read(Infinity);
  }

  /** Reads the first of what was sent to it while it stood. */
  read(count: number): void {
    for (const message of this.#arrived.splice(0, count)) this.link.receive(message);
  }

  /** Resolves when it stands and a change was sent to it. */
  changeArrives(): Promise<void> {
    return new Promise((resolve) => this.#awaited.push(resolve));
  }

  /** As a door does it: bytes, of which a read may be known. */
  async call(operation: string, input: JsonObject): Promise<Answer> {
    const body = Buffer.from(JSON.stringify({ TableName: TABLE_NAME, ...input }));
    const known = this.shared.findKnown(operation, body.toString('latin1'), this.#clock.monotonicMs());
    return known ?? this.shared.execute(ServiceRequest.fromBody(operation, body));
  }

  #arrive(message: ToWorker): void {
    if (!this.#stands) {
      this.link.receive(message);
      return;
    }
    this.#arrived.push(message);
    if (message.type === 'take') for (const resolve of this.#awaited.splice(0)) resolve();
  }
}

export class WorkerRig {
  readonly clock = new VirtualClock();
  readonly feed = new ScriptedFeed('live', () => this.clock.monotonicMs());
  readonly hub = new WorkerHub({ feed: this.feed, timing: workerDefaults, clock: this.clock, log: silentLog });
  readonly store: EmbeddedStore;
  readonly #workers: RigWorker[] = [];
  readonly #tuning: AcceleratorTuning;

  private constructor(store: EmbeddedStore, tuning: AcceleratorTuning) {
    this.store = store;
    this.#tuning = tuning;
  }

  static async open(tuning: AcceleratorTuning = {}): Promise<WorkerRig> {
    const store = await openStore({ inMemory: true });
    await store.send(ServiceRequest.fromInput('CreateTable', tableDefinition));
    return new WorkerRig(store, tuning);
  }

  /** @param stands reads nothing from the start. */
  worker(stands = false): RigWorker {
    const worker = new RigWorker(this.#workers.length + 1, this, stands, this.#tuning);
    this.#workers.push(worker);
    return worker;
  }

  async close(): Promise<void> {
    this.hub.close();
    for (const { link, accelerator } of this.#workers) {
      link.close();
      await accelerator.close();
    }
    await this.store.close();
  }
}

/** As the channel between two processes does it. */
function copy<Message>(message: Message): Message {
  return JSON.parse(JSON.stringify(message)) as Message;
}
