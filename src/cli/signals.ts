/** The signals that ask a process to end. As the first process of a container it gets them only by asking for them. */
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

export interface EndRequest {
  /** Resolves with the first signal. */
  readonly asked: Promise<string>;
  /** True once it came. */
  readonly isAsked: boolean;
  /** Lets signals end the process at once again. */
  ignore(): void;
}

/** The first signal asks for an orderly end; a second one, from someone who will not wait, ends the process at once. */
export function awaitEnd(): EndRequest {
  let isAsked = false;
  let resolveAsked: (signal: string) => void = () => {};
  const asked = new Promise<string>((resolve) => (resolveAsked = resolve));
  const onSignal = (signal: string) => {
    // 128 + 15 or 2, as shells count the end by a signal.
    if (isAsked) process.exit(signal === 'SIGINT' ? 130 : 143);
    isAsked = true;
    resolveAsked(signal);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    asked,
    get isAsked() {
      return isAsked;
    },
    ignore: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}
