/**
 * What can be watched from outside, by metrics, traces and users' own code: `node:diagnostics_channel`s with typed
 * messages. A publisher asks `hasSubscribers` first, so that an unwatched process pays nothing.
 *
 * Channels belong to the process, so every message names the instance it comes from.
 */
import { channel } from 'node:diagnostics_channel';

export interface EventChannel<Event> {
  readonly hasSubscribers: boolean;
  publish(event: Event): void;
  subscribe(listener: (event: Event) => void): void;
  unsubscribe(listener: (event: Event) => void): void;
}

/** `slipstream:call`: a door has answered one call. */
export interface CallEvent {
  readonly instance: string;
  readonly door: 'http' | 'dax';
  readonly operation: string;
  /** What the cache did (`hit`, `miss`, …); undefined when the door refused the call by itself. */
  readonly cache: string | undefined;
  /** HTTP status. */
  readonly status: number;
  /** From the last byte of the request to the first of the answer. */
  readonly durationMs: number;
}

/** `slipstream:backing`: the backing store has answered one call, or failed to. */
export interface BackingEvent {
  readonly instance: string;
  readonly operation: string;
  /** HTTP status, or undefined when no answer came. */
  readonly status: number | undefined;
  readonly durationMs: number;
}

export const callChannel: EventChannel<CallEvent> = typed('slipstream:call');
export const backingChannel: EventChannel<BackingEvent> = typed('slipstream:backing');

function typed<Event>(name: string): EventChannel<Event> {
  // A channel's messages are `unknown` in Node's types; only the publishers of this package write to ours.
  return channel(name) as unknown as EventChannel<Event>;
}
