/** A connection that sends what a client would, or would not. */
import { connect, type Socket } from 'node:net';
import { CborWriter } from '../../src/wire/dax/cbor-writer.ts';

export const method = {
  authorizeConnection: 1489122155,
  endpoints: 455855874,
  defineKeySchema: -742646399,
  getItem: 263244906,
  putItem: -2106490455,
  scan: -1875390620,
  defineAttributeListId: -1230579644,
  defineAttributeList: 670678385,
} as const;

export function written(write: (writer: CborWriter) => void): Buffer {
  const writer = new CborWriter();
  write(writer);
  return writer.take();
}

/** The first message. */
export function helloOf(userAgent: string): Buffer {
  return written((writer) => {
    writer.text('J7yne5G');
    writer.integer(0);
    writer.null();
    writer.mapHead(1);
    writer.text('UserAgent');
    writer.text(userAgent);
    writer.integer(0);
  });
}

export const hello = helloOf('test');

export const endpointsRequest = written((writer) => {
  writer.integer(1);
  writer.integer(method.endpoints);
});

export function getItemRequest(table: string, key: string | Buffer): Buffer {
  return written((writer) => {
    writer.integer(1);
    writer.integer(method.getItem);
    writer.bytes(Buffer.from(table));
    writer.bytes(typeof key === 'string' ? Buffer.from(key) : key);
    writer.openMap();
    writer.closeMap();
  });
}

export class RawClient {
  readonly socket: Socket;
  #received = Buffer.alloc(0);
  #isClosed = false;
  #waiting: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#waiting?.();
    });
    socket.on('close', () => {
      this.#isClosed = true;
      this.#waiting?.();
    });
    // A connection that the other side cuts is what some tests are about.
    socket.on('error', () => {});
  }

  /** @param url `dax://host:port` */
  static async connect(url: string): Promise<RawClient> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await new Promise((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new RawClient(socket);
  }

  send(...parts: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(parts));
  }

  /** As many bytes of answers as that, or all there are when the connection ends before. */
  async receive(length: number): Promise<Buffer> {
    while (this.#received.length < length && !this.#isClosed) {
      await new Promise<void>((resolve) => (this.#waiting = resolve));
    }
    const taken = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(taken.length);
    return taken;
  }

  /** All that comes up to these bytes, or until the connection ends. */
  async receiveTo(tail: Buffer): Promise<{ readonly bytes: Buffer; readonly isClosed: boolean }> {
    while (!this.#received.subarray(-tail.length).equals(tail) && !this.#isClosed) {
      await new Promise<void>((resolve) => (this.#waiting = resolve));
    }
    const bytes = this.#received;
    this.#received = Buffer.alloc(0);
    return { bytes, isClosed: this.#isClosed };
  }

  /** Resolves when the other side has closed, with what it said before. */
  async ended(): Promise<Buffer> {
    return this.receive(Infinity);
  }

  close(): void {
    this.socket.destroy();
  }
}
