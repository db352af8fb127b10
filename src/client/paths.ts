/** The data path behind each client of ours, for the document clients that are made on top of them. */
import type { AcceleratedSend } from './accelerated-send.ts';

const paths = new WeakMap<object, AcceleratedSend>();

export function registerPath(client: object, path: AcceleratedSend): void {
  paths.set(client, path);
}

/** Undefined for a client of the SDK, and for one of another copy of this package: its middleware still does the work. */
export function pathOf(client: object): AcceleratedSend | undefined {
  return paths.get(client);
}
