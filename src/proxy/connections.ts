/**
 * The connections of one listener and the calls on them, so that closing loses no call: connections without one are ended,
 * the others after their answer, and what is left when the time is over is cut.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../base/clock.ts';

export class Connections {
  readonly #callsBySocket = new Map<Socket, number>();
  #inFlight = 0;
  #draining = false;
  #noneLeft: () => void = () => {};

  /** From here on until the socket is closed. */
  add(socket: Socket): void {
    this.#callsBySocket.set(socket, 0);
    socket.once('close', () => {
      this.#inFlight -= this.#callsBySocket.get(socket) ?? 0;
      this.#callsBySocket.delete(socket);
      if (this.#callsBySocket.size === 0) this.#noneLeft();
    });
  }

  /** Calls that wait for their answer. */
  get inFlight(): number {
    return this.#inFlight;
  }

  get open(): number {
    return this.#callsBySocket.size;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** A call began on `socket`; the function that is returned ends it, once. */
  begin(socket: Socket): () => void {
    this.#count(socket, 1);
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#count(socket, -1);
    };
  }

  isBusy(socket: Socket): boolean {
    return (this.#callsBySocket.get(socket) ?? 0) > 0;
  }

  /** Stops accepting, lets calls in flight be answered, ends every connection. Resolves when none is left. */
  async drain(server: Server, timeoutMs: number, clock: Clock, endIdle = () => this.#endSilent()): Promise<void> {
    if (this.#draining) return;
    this.#draining = true;
    const refusing = new Promise<void>((resolve) => server.close(() => resolve()));
    const emptied = new Promise<void>((resolve) => (this.#noneLeft = resolve));
    if (this.#callsBySocket.size === 0) this.#noneLeft();
    server.closeIdleConnections();
    endIdle();
    const timer = clock.after(timeoutMs, () => {
      for (const socket of this.#callsBySocket.keys()) socket.destroy();
    });
    await Promise.all([refusing, emptied]);
    timer.cancel();
  }

  /** A connection on which nothing was ever sent is not idle in Node's eyes, and would hold the process for a minute. */
  #endSilent(): void {
    for (const [socket, calls] of this.#callsBySocket) if (calls === 0 && socket.bytesRead === 0) socket.destroy();
  }

  #count(socket: Socket, step: 1 | -1): void {
    const calls = this.#callsBySocket.get(socket);
    // The socket is closed already, and its calls were taken off with it.
    if (calls === undefined) return;
    this.#callsBySocket.set(socket, calls + step);
    this.#inFlight += step;
  }
}
