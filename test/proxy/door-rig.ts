/** Doors on free ports over stores and accelerators that a test writes down in a line. */
import type { Accelerator } from '../../src/accelerator/accelerator.ts';
import type { Answer, ExecuteOptions } from '../../src/accelerator/answer.ts';
import type { BackingStore } from '../../src/backing/backing-store.ts';
import { ServiceReply } from '../../src/model/service-call.ts';
import type { ServiceRequest } from '../../src/model/service-call.ts';
import { createProxy } from '../../src/proxy/proxy.ts';
import type { Proxy, ProxyOptions } from '../../src/proxy/proxy.ts';

/** Answers every call with what it was asked, so that a test sees what reached the store. */
export const echo: BackingStore = {
  send: (request) =>
    Promise.resolve(ServiceReply.fromOutput({ Operation: request.operation, Api: request.api, Input: request.input })),
  close: () => Promise.resolve(),
};

export function storeOf(send: (request: ServiceRequest) => Promise<ServiceReply>): BackingStore {
  return { send, close: () => Promise.resolve() };
}

/** As much of an accelerator as a door asks of one. */
export function acceleratorOf(
  execute: (request: ServiceRequest, options?: ExecuteOptions) => Answer | Promise<Answer>,
): Accelerator {
  const none = () => {
    throw new Error('no door asks this');
  };
  return {
    execute,
    tables: () => [],
    stats: none,
    invalidate: none,
    flush: none,
    follow: none,
    close: () => Promise.resolve(),
  };
}

const open: Proxy[] = [];

export async function listen(
  options: Partial<ProxyOptions> = {},
): Promise<{ readonly url: string; readonly proxy: Proxy }> {
  const proxy = createProxy({ backing: echo, httpPort: 0, adminPort: 'off', drainTimeoutMs: 5_000, ...options });
  open.push(proxy);
  const { http } = await proxy.listen();
  return { url: http as string, proxy };
}

/** For `afterEach`. */
export async function closeAll(): Promise<void> {
  await Promise.all(open.splice(0).map((proxy) => proxy.close()));
}

/** A promise that the test settles itself. */
export function gate<Value>(): { readonly passed: Promise<Value>; readonly pass: (value: Value) => void } {
  let pass: (value: Value) => void = () => {};
  const passed = new Promise<Value>((resolve) => (pass = resolve));
  return { passed, pass };
}
